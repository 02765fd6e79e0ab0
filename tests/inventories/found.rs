//! What `virt-doctor uris` says of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::index::{Place, Position, Uri};
use crate::run::Run;

#[derive(Deserialize)]
struct Line {
    uri: String,
    file: String,
    context: String,
    templated: bool,
    start: Position,
    end: Position,
}

/// The URIs, and how many values are placeholders.
pub(crate) fn uris(folder: &Path, options: &[&str]) -> (BTreeMap<Place, Uri>, usize) {
    let arguments = [&["uris", "--format", "jsonl", "--allow-empty"], options, &["."]].concat();
    let ran = Run::new(&arguments).folder(folder).run();
    let mut found = BTreeMap::new();
    let mut holes = None;
    for line in ran.assert_code(0).stdout.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        match value["type"].as_str() {
            Some("uri") => {
                let Line { uri, file, context, templated, start, end } =
                    serde_json::from_value(value).unwrap();
                let text = uri;
                let twice =
                    found.insert(Place { file, start, end }, Uri { text, context, templated });
                assert!(twice.is_none(), "listed twice: {line}");
            }
            Some("summary") => {
                holes = value["holes"].as_u64().and_then(|holes| usize::try_from(holes).ok());
            }
            // A template of YAML is none, and is read line by line.
            Some("problem") if value["kind"] == "plain-text" => {}
            _ => panic!("{line}"),
        }
    }
    (found, holes.unwrap())
}
