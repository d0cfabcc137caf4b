//! Who may import what, how long a file may be, what may not be written: rules a machine can check.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Layer of each top-level module; a module imports from lower layers, or from its own where `SAME_LAYER` says so.
const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("text", 1),
    ("query", 1),
    ("parse", 1),
    ("extract", 1),
    ("topic", 1),
    ("dedupe", 1),
    ("story", 1),
    ("rights", 1),
    ("catalogue", 1),
    ("net", 2),
    ("fetch", 3),
    ("store", 3),
    ("index", 3),
    ("desk", 4),
    ("pipeline", 5),
    ("alert", 5),
    ("export", 5),
    ("demo", 5),
    ("web", 6),
    ("config", 6),
    ("app", 7),
    ("cli", 8),
];

/// Pure modules may use each other; the steps build on text.
const PURE: u8 = 1;

/// What a pure module must not know.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "rand::",
];

const LINES_MAX: usize = 600;

fn sources() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path, text);
            }
        }
    }
    found
}

fn module(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

/// The code before the unit tests, which may use anything.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

/// `crate::a::…` and `crate::{a::…, b}` → a, b.
fn imports(code: &str) -> Vec<String> {
    let name =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code.get(at + "crate::".len()..).unwrap();
        match rest.strip_prefix('{') {
            Some(list) => found.extend(list.split(['}']).next().unwrap().split(',').map(name)),
            None => found.push(name(rest)),
        }
    }
    found
}

#[test]
fn every_module_has_a_layer() {
    for path in sources().keys() {
        let module = module(path);
        assert!(
            matches!(module.as_str(), "lib" | "main") || layer(&module).is_some(),
            "{module} is not in the layer table"
        );
    }
}

#[test]
fn imports_point_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module(&path);
        let Some(own) = layer(&module) else { continue };
        for used in imports(code(&text)) {
            let Some(other) = layer(&used) else { continue };
            let same_pure = own == PURE && other == PURE;
            if used != module && other >= own && !same_pure {
                wrong.push(format!("{} ({module}) imports {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the direction of the layers:\n{}", wrong.join("\n"));
}

#[test]
fn flow_and_faces_name_no_backend() {
    for (path, text) in sources() {
        let module = module(&path);
        if layer(&module).is_some_and(|layer| (4..=6).contains(&layer)) {
            for backend in ["SqliteStore", "TantivyIndex", "HttpReader", "sqlx", "tantivy::"] {
                assert!(!code(&text).contains(backend), "{} names {backend}; only app does", path.display());
            }
        }
    }
}

#[test]
fn pure_modules_know_no_clock_and_no_outside() {
    for (path, text) in sources() {
        if layer(&module(&path)).is_some_and(|layer| layer <= PURE) {
            for word in IMPURE {
                assert!(!code(&text).contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

/// Ways to an article's words that ask nobody: the desk alone uses them, and the pipeline, which shows nothing.
const UNRULED: &[&str] = &["store.article(", "store.story(", "store.changes(", "store.clustered(", "index.search("];

#[test]
fn whoever_shows_sends_or_exports_asks_the_desk() {
    let mut wrong = Vec::new();
    let mut desk = 0;
    for (path, text) in sources() {
        let module = module(&path);
        let code: String = code(&text).split_whitespace().collect();
        for way in UNRULED.iter().filter(|way| code.contains(*way)) {
            match module.as_str() {
                "desk" => desk += 1,
                "alert" | "export" | "web" | "cli" | "app" | "demo" => {
                    wrong.push(format!("{} uses {way}", path.display()));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "articles read past the desk:\n{}", wrong.join("\n"));
    assert_eq!(desk, 3, "the words looked for are those the code uses");
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = sources()
        .iter()
        .map(|(path, text)| (text.lines().count(), path.display().to_string()))
        .filter(|(n, _)| *n > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "files over {LINES_MAX} lines: {long:?}");
}

#[test]
fn nothing_is_left_for_later() {
    // Written apart, so that this file does not find itself.
    let words = [concat!("to", "do!("), concat!("unimplem", "ented!("), concat!("FIX", "ME"), concat!("TO", "DO")];
    for (path, text) in sources() {
        for word in words {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
    }
}
