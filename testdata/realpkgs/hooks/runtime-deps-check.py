"""Says which of a wheel's declared dependencies are not installed, or too old."""

import sys
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, version
from zipfile import ZipFile

from packaging.requirements import Requirement


def problem(requirement):
    """What is wrong with a dependency; None where it is there and fits."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if requirement.specifier.contains(found, prereleases=True):
        return None
    return f"{requirement.name}{requirement.specifier} is not satisfied by {found}"


def main():
    wheel = ZipFile(sys.argv[1])
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(wheel.read(name).decode())
    requirements = map(Requirement, metadata.get_all("Requires-Dist", []))
    wanted = [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    problems = [text for text in map(problem, wanted) if text]
    for text in problems:
        print(f"run-time dependency: {text}", file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
