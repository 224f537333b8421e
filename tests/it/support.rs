//! What the tests share: fixtures, derivations made by hand, seeded chance.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nix_ripple::graph::{BuildError, BuildOptions, Graph, build};
use nix_ripple::ingest::{IngestError, IngestOptions, Input, Problem, Progress, RawClosure, ingest};

/// `testdata/<name>`.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Reads these paths as the command line does.
pub(crate) fn read<P: AsRef<Path>>(
    paths: &[P],
    options: &IngestOptions,
) -> Result<(RawClosure, Vec<Problem>), IngestError> {
    let inputs: Vec<Input> = paths.iter().map(|path| Input::Path(path.as_ref().to_path_buf())).collect();
    ingest(&inputs, options, &Progress::default())
}

/// Why there is no graph.
#[derive(Debug)]
pub(crate) enum Refused {
    Ingest(IngestError),
    Build(BuildError),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ingest(error) => error.fmt(f),
            Self::Build(error) => error.fmt(f),
        }
    }
}

/// Reads and builds.
pub(crate) fn closure<P: AsRef<Path>>(paths: &[P], build_options: BuildOptions) -> Result<Graph, Refused> {
    let (raw, _) = read(paths, &IngestOptions::default()).map_err(Refused::Ingest)?;
    build(&raw, build_options).map(|(graph, _)| graph).map_err(Refused::Build)
}

/// The graph of these paths.
pub(crate) fn graph<P: AsRef<Path>>(paths: &[P]) -> Graph {
    closure(paths, BuildOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The snapshot of a graph.
pub(crate) fn snapshot(graph: &Graph) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.ripple");
    graph.save(&file).unwrap();
    std::fs::read(file).unwrap()
}

/// A `.drv` file of the small distribution, by the end of its name.
pub(crate) fn minipkg(end: &str) -> PathBuf {
    let folder = testdata("minipkgs/drvs");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap()[33..] == *end)
        .collect();
    found.sort();
    found.into_iter().next().unwrap_or_else(|| panic!("no {end} in {}", folder.display()))
}

/// A derivation made by hand; paths are numbers, written as 32 decimal digits.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) system: String,
    pub(crate) fixed: bool,
    pub(crate) outputs: Vec<String>,
    /// Path of a derivation, outputs used.
    pub(crate) inputs: Vec<(String, Vec<String>)>,
    pub(crate) sources: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
}

impl Recipe {
    pub(crate) fn new(number: usize, name: &str) -> Self {
        Self {
            number,
            name: name.to_owned(),
            system: "x86_64-linux".to_owned(),
            fixed: false,
            outputs: vec!["out".to_owned()],
            inputs: Vec::new(),
            sources: Vec::new(),
            env: vec![("name".to_owned(), name.to_owned())],
        }
    }

    pub(crate) fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    pub(crate) fn outputs(mut self, outputs: &[&str]) -> Self {
        self.outputs = outputs.iter().map(|&output| output.to_owned()).collect();
        self
    }

    /// Uses the first output of `input`, and names it under `key`.
    pub(crate) fn input(mut self, input: &Self, key: &str) -> Self {
        self.inputs.push((input.path(), vec![input.outputs[0].clone()]));
        self.env.push((key.to_owned(), input.output_path(&input.outputs[0])));
        self
    }

    pub(crate) fn base_name(&self) -> String {
        format!("{:032}-{}.drv", self.number * 16, self.name)
    }

    pub(crate) fn path(&self) -> String {
        format!("/nix/store/{}", self.base_name())
    }

    pub(crate) fn output_path(&self, output: &str) -> String {
        let at = self.outputs.iter().position(|known| known == output).unwrap();
        let suffix = if output == "out" { String::new() } else { format!("-{output}") };
        format!("/nix/store/{:032}-{}{suffix}", self.number * 16 + 1 + at, self.name)
    }

    /// The ATerm, sorted as Nix sorts it.
    pub(crate) fn text(&self) -> String {
        let mut recipe = self.clone();
        recipe.outputs.sort();
        recipe.inputs.sort();
        recipe.sources.sort();
        recipe.env.extend(self.outputs.iter().map(|output| (output.clone(), self.output_path(output))));
        recipe.env.sort();
        let list = |items: Vec<String>| format!("[{}]", items.join(","));
        let hash = if self.fixed { format!("\"sha256\",\"{:064x}\"", self.number) } else { "\"\",\"\"".to_owned() };
        let outputs =
            recipe.outputs.iter().map(|name| format!("({},{},{hash})", quoted(name), quoted(&self.output_path(name))));
        let inputs = recipe
            .inputs
            .iter()
            .map(|(path, used)| format!("({},{})", quoted(path), list(used.iter().map(|name| quoted(name)).collect())));
        format!(
            "Derive({},{},{},{},\"/bin/sh\",[],{})",
            list(outputs.collect()),
            list(inputs.collect()),
            list(recipe.sources.iter().map(|path| quoted(path)).collect()),
            quoted(&self.system),
            list(recipe.env.iter().map(|(key, value)| format!("({},{})", quoted(key), quoted(value))).collect()),
        )
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => drop(write!(quoted, "\\{c}")),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Writes derivations into a new folder.
pub(crate) fn folder(recipes: &[Recipe]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for recipe in recipes {
        std::fs::write(folder.path().join(recipe.base_name()), recipe.text()).unwrap();
    }
    folder
}

/// Seeded chance (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// A closure of `count` derivations at random: each uses some of those before it.
pub(crate) fn random_recipes(chance: &mut Chance, count: usize) -> Vec<Recipe> {
    let mut recipes: Vec<Recipe> = Vec::new();
    for number in 0..count {
        let mut recipe = Recipe::new(number + 1, &format!("p{}-1.{}", chance.below(count), chance.below(3)));
        if chance.below(3) == 0 {
            recipe = recipe.outputs(&["out", "dev"]);
        }
        if chance.below(6) == 0 {
            recipe = recipe.outputs(&["out"]).fixed();
        }
        for _ in 0..chance.below(4).min(number) {
            let input = &recipes[number - 1 - chance.below(number.min(8))];
            if recipe.inputs.iter().all(|(path, _)| *path != input.path()) {
                let key = ["buildInputs", "src", "nativeBuildInputs"][chance.below(3)];
                recipe = recipe.input(input, key);
            }
        }
        // an environment has each key once
        let mut env: Vec<(String, String)> = Vec::new();
        for (key, value) in recipe.env.drain(..) {
            match env.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = format!("{known} {value}"),
                None => env.push((key, value)),
            }
        }
        recipe.env = env;
        if chance.below(3) == 0 {
            recipe.sources.push(format!("/nix/store/{:032}-script.sh", 9_000_000 + chance.below(4)));
        }
        recipes.push(recipe);
    }
    recipes
}

/// The texts of `.drv` files, by store path.
pub(crate) fn texts(files: &[PathBuf]) -> Vec<(String, Vec<u8>)> {
    let mut texts: Vec<_> = files
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            (format!("/nix/store/{name}"), std::fs::read(file).unwrap())
        })
        .collect();
    texts.sort();
    texts
}

/// The `.drv` files of a small closure, inputs and all.
pub(crate) fn closure_files(root: &Path) -> Vec<PathBuf> {
    let folder = root.parent().unwrap();
    let graph = graph(&[root]);
    let derivations = graph.nodes().filter(|&node| graph.is_derivation(node));
    derivations.map(|node| folder.join(graph.path(node).rsplit('/').next().unwrap())).collect()
}

/// What `nix derivation show -r` says of derivations, in the shape of each version that changed it.
pub(crate) fn shown(texts: &[(String, Vec<u8>)]) -> Vec<(&'static str, String)> {
    use serde_json::{Map, Value, json};

    let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().to_owned();
    let base = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let rebase = |map: &mut Map<String, Value>| {
        *map = std::mem::take(map).into_iter().map(|(path, value)| (base(&path), value)).collect();
    };
    let each = |all: &mut Map<String, Value>, change: &dyn Fn(&str, &mut Map<String, Value>)| {
        all.iter_mut().for_each(|(path, value)| change(path, value.as_object_mut().unwrap()));
    };
    let outputs = |derivation: &mut Map<String, Value>, change: &dyn Fn(&mut Map<String, Value>)| {
        let outputs = derivation["outputs"].as_object_mut().unwrap();
        outputs.values_mut().for_each(|output| change(output.as_object_mut().unwrap()));
    };

    let mut all = Map::new();
    for (path, aterm) in texts {
        let derivation = nix_ripple::nix::aterm::parse(aterm).unwrap();
        let outputs: Map<String, Value> = derivation
            .outputs
            .iter()
            .map(|output| {
                let fields = [("path", &output.path), ("hashAlgo", &output.algorithm), ("hash", &output.hash)];
                let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
                (text(&output.name), fields.map(|(key, value)| (key.to_owned(), json!(text(value)))).collect())
            })
            .collect();
        let inputs: Map<String, Value> = derivation
            .input_derivations
            .iter()
            .map(|(path, used)| (text(path), used.names.iter().map(|name| text(name)).collect()))
            .collect();
        let value = json!({
            "args": derivation.arguments.iter().map(|argument| text(argument)).collect::<Vec<_>>(),
            "builder": text(&derivation.builder),
            "env": derivation.environment.iter().map(|(key, value)| (text(key), json!(text(value)))).collect::<Map<_, _>>(),
            "inputDrvs": inputs,
            "inputSrcs": derivation.input_sources.iter().map(|path| text(path)).collect::<Vec<_>>(),
            "outputs": outputs,
            "system": text(&derivation.system),
        });
        all.insert(path.clone(), value);
    }
    let print = |all: &Map<String, Value>| serde_json::to_string_pretty(all).unwrap();
    let mut shapes = vec![("nix-2.8", print(&all))];

    each(&mut all, &|path, derivation| {
        let name = base(path)[33..].trim_end_matches(".drv").to_owned();
        derivation.insert("name".to_owned(), json!(name));
        for used in derivation["inputDrvs"].as_object_mut().unwrap().values_mut() {
            *used = json!({"outputs": used.take(), "dynamicOutputs": {}});
        }
    });
    shapes.push(("nix-2.18", print(&all)));

    each(&mut all, &|_, derivation| {
        outputs(derivation, &|output| {
            if let Some(algorithm) = output.get("hashAlgo").map(|value| value.as_str().unwrap().to_owned()) {
                let plain = algorithm.strip_prefix("r:");
                output.insert("method".to_owned(), json!(if plain.is_some() { "nar" } else { "flat" }));
                output.insert("hashAlgo".to_owned(), json!(plain.unwrap_or(&algorithm)));
            }
        });
    });
    shapes.push(("nix-2.23", print(&all)));

    each(&mut all, &|_, derivation| {
        if let Some(structured) = derivation["env"].as_object_mut().unwrap().remove("__json") {
            let value: Value = serde_json::from_str(structured.as_str().unwrap()).unwrap();
            derivation.insert("structuredAttrs".to_owned(), value);
        }
    });
    shapes.push(("nix-2.30", print(&all)));

    rebase(&mut all);
    each(&mut all, &|_, derivation| {
        derivation.insert("version".to_owned(), json!(3));
        rebase(derivation["inputDrvs"].as_object_mut().unwrap());
        for source in derivation["inputSrcs"].as_array_mut().unwrap() {
            *source = json!(base(source.as_str().unwrap()));
        }
        outputs(derivation, &|output| {
            if output.contains_key("hash") {
                output.remove("path");
            } else if let Some(path) = output.get("path").map(|path| base(path.as_str().unwrap())) {
                output.insert("path".to_owned(), json!(path));
            }
        });
    });
    shapes.push(("nix-2.32", print(&all)));

    each(&mut all, &|_, derivation| {
        derivation.insert("version".to_owned(), json!(4));
        let (drvs, srcs) = (derivation.remove("inputDrvs"), derivation.remove("inputSrcs"));
        derivation.insert("inputs".to_owned(), json!({"drvs": drvs, "srcs": srcs}));
        outputs(derivation, &|output| {
            if let Some(hash) = output.get("hash").map(|hash| hash.as_str().unwrap().to_owned()) {
                let algorithm = output.remove("hashAlgo").unwrap();
                let bytes = data_encoding::HEXLOWER.decode(hash.as_bytes()).unwrap();
                let sri = format!("{}-{}", algorithm.as_str().unwrap(), data_encoding::BASE64.encode(&bytes));
                output.insert("hash".to_owned(), json!(sri));
            }
        });
    });
    let wrapped = serde_json::to_string(&json!({"version": 4, "derivations": all})).unwrap();
    shapes.push(("nix-2.33", wrapped));
    shapes
}
