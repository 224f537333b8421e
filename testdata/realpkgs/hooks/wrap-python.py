"""Gives a script its interpreter and the directories of its modules.

Arguments: the script, the interpreter, the directories.
"""

import ast
import sys


def insertion_line(text):
    """How many lines stay in front: those up to the docstring and the __future__ imports."""
    last = 1
    for position, statement in enumerate(ast.parse(text).body):
        docstring = position == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not (docstring or future):
            break
        last = statement.end_lineno
    return last


def main():
    script, interpreter, *directories = sys.argv[1:]
    with open(script, encoding="utf-8") as file:
        text = file.read()
    lines = text.splitlines(keepends=True)
    at = insertion_line(text)
    lines[0] = f"#!{interpreter}\n"
    lines.insert(at, f"import site; [site.addsitedir(one) for one in {directories!r}]\n")
    with open(script, "w", encoding="utf-8") as file:
        file.writelines(lines)


main()
