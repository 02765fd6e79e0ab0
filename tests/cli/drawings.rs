//! Places in lines that are not plain: the same column for all formats, the caret below it.

use std::fs;

use serde_json::Value;

use crate::run::Run;

/// The name of a file, its text, and line and column of the only mistake.
const FILES: &[(&str, &str, u64, u64)] = &[
    ("mark.yml", "\u{feff}a: qemu+ssh://h.example/system?keyfil=/k\n", 1, 32),
    ("mark2.yml", "\u{feff}x: 1\r\na: qemu+ssh://h.example/system?keyfil=/k\r\n", 2, 32),
    ("tabs.yml", "x:\r\n\t\ta:\tqemu+ssh://h.example/system?keyfil=/k\r\n", 2, 34),
    ("wide.yml", "\u{4e3b}\u{673a}: qemu+ssh://h.example/system?keyfil=/k # \u{96ea}\n", 1, 33),
    ("picture.yml", "\"\u{1f680}\": \"qemu+ssh://h.example/system?keyfil=/k\"\n", 1, 35),
    ("joined.yml", "e\u{301}: qemu+ssh://h.example/system?keyfil=/k\n", 1, 33),
    ("secret.yml", "a: qemu+ssh://joe@h.example/system?password=geheim77&keyfil=/k\n", 1, 54),
];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, ..) in FILES {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn lint(folder: &tempfile::TempDir, name: &str, format: &str) -> String {
    let arguments = ["lint", "--select", "misspelt-parameter", "--format", format, name];
    Run::new(&arguments).folder(folder.path()).run().assert_code(1).stdout.clone()
}

/// How many cells of a terminal these characters take.
fn cells(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '\u{301}' => 0,
            '\u{2e80}'..='\u{9fff}' | '\u{1f300}'..='\u{1faff}' => 2,
            _ => 1,
        })
        .sum()
}

#[test]
fn columns_are_code_points_in_every_format() {
    let folder = folder();
    for (name, _, line, column) in FILES {
        let (end, place) = (column + 6, format!("{name}:{line}:{column}"));
        assert!(lint(&folder, name, "concise").starts_with(&format!("{place}: ")), "{place}");
        let github = lint(&folder, name, "github");
        let wanted = format!("line={line},endLine={line},col={column},endColumn={end},");
        assert!(github.contains(&wanted), "{place}: {github}");
        assert!(lint(&folder, name, "junit").contains(&place), "{place}");
        let document: Value = serde_json::from_str(&lint(&folder, name, "json")).unwrap();
        assert_eq!(document["findings"][0]["start"]["column"], *column, "{place}");
        let log: Value = serde_json::from_str(&lint(&folder, name, "sarif")).unwrap();
        let result = &log["runs"][0]["results"][0];
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let numbers = ["startLine", "startColumn", "endLine", "endColumn"].map(|key| &region[key]);
        assert_eq!(numbers, [line, column, line, &end].map(|number| *number), "{place}");
        let edit = &result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"];
        assert_eq!(
            (&edit["startLine"], &edit["startColumn"]),
            (&region["startLine"], &region["startColumn"]),
            "{place}"
        );
    }
}

#[test]
fn the_caret_is_below_the_mistake() {
    let folder = folder();
    for (name, _, line, column) in FILES {
        let text = lint(&folder, name, "text");
        assert!(text.contains(&format!("--> {name}:{line}:{column}\n")), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|drawn| drawn.contains("keyfil=")).unwrap();
        let before = lines[at].split_once("keyfil").unwrap().0;
        let carets = lines[at + 1].find('^').unwrap();
        assert_eq!((cells(before), &lines[at + 1][carets..]), (carets, "^^^^^^"), "{text}");
        // The fix, as a difference.
        let fix = lines.iter().position(|drawn| drawn.starts_with("fix: write keyfile")).unwrap();
        assert!(lines[fix].ends_with(" (--fix)") && lines[fix + 2].contains("keyfile="), "{text}");
        let before = lines[fix + 2].split_once("keyfile").unwrap().0;
        assert_eq!(lines[fix + 3].find('+'), Some(cells(before) + 6), "{text}");
        assert!(!text.contains("feff") && !text.contains("geheim77"), "{text}");
    }
}
