//! No password and no escape sequence reaches a terminal or a log, in any format.

use crate::run::Run;

const URIS: &[&str] = &[
    "qemu+ssh://joe:hunter2hunter2@kvm1.example/sytem",
    "qemu+ssh://joe:hunter2hunter2@kvm1.example:0/system?password=hunter2hunter2&x=\u{1b}[2J",
    "qemu+ssh://joe:hunter2hunter2@/system",
    "qemu+tcp://joe:hunter2%68unter2@kvm1.example/",
    "qemu+ssh://joe:hunter2hunter2 @kvm1.example/system",
    "qemu+sssh://joe:hunter2hunter2@kvm1.example/system?token=hunter2hunter2",
    "ssh://joe:hunter2hunter2@kvm1.example/system",
    "qemu:///system?passwd=hunter2hunter2\u{202e}",
];

#[test]
fn hidden_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.yml");
    let lines: Vec<String> = URIS.iter().map(|uri| format!("libvirt_uri: '{uri}'\n")).collect();
    std::fs::write(&file, lines.concat()).unwrap();
    let path = file.to_str().unwrap();
    let mut seen = 0;
    for command in ["lint", "plan", "uris"] {
        for format in ["text", "concise", "json", "jsonl"] {
            for color in ["never", "always"] {
                let mut arguments = vec![command, "--format", format, "--color", color, path];
                if command != "uris" {
                    arguments.extend(URIS);
                }
                let ran = Run::new(&arguments).run();
                let said = format!("{}{}", ran.stdout, ran.stderr);
                assert!(!said.contains("hunter2"), "{command} {format}: {said}");
                assert!(!said.contains("\u{1b}[2J"), "{command} {format}: {said:?}");
                assert!(!said.contains('\u{202e}'), "{command} {format}: {said:?}");
                seen += usize::from(said.contains("***"));
            }
        }
    }
    assert_eq!(seen, 24, "the URIs were shown");
}
