//! What our own plan says about the same URIs.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::lab::Lab;
use crate::rooms::Room;

/// One plan, as `--format jsonl` has it.
pub(crate) struct Planned(Value);

/// The plans of these URIs in this room, by one run of the command.
pub(crate) fn plans(lab: &Lab, room: &Room, client: &str, uris: &[&[u8]]) -> Vec<Planned> {
    let program = Lab::install(Path::new(env!("CARGO_BIN_EXE_virt-doctor")));
    let mut command = lab.command(program, room);
    command.args(["plan", "--format", "jsonl", "--client", client, "-0", "-"]);
    if room.readonly {
        command.arg("--readonly");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A list that is one empty line is an empty list, so it begins with something else.
    let mut input = b"qemu:///system".to_vec();
    for uri in uris {
        input.push(0);
        input.extend_from_slice(uri);
    }
    input.push(0);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let plans: Vec<Planned> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .skip(1)
        .map(|line| Planned(serde_json::from_slice(line).unwrap()))
        .collect();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(plans.len(), uris.len(), "a plan for each URI: {said}");
    plans
}

impl Planned {
    pub(crate) fn field(&self, name: &str) -> &Value {
        name.split('.').fold(&self.0, |value, part| &value[part])
    }

    pub(crate) fn is(&self, name: &str, word: &str) -> bool {
        self.field(name) == word
    }

    /// The bytes of a text field.
    pub(crate) fn text(&self, name: &str) -> Option<Vec<u8>> {
        let (object, name) = name.rsplit_once('.').unwrap_or(("", name));
        bytes(if object.is_empty() { &self.0 } else { self.field(object) }, name)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.field(name).as_i64()
    }

    /// The parameters for the server as libvirt logs them.
    pub(crate) fn forwarded(&self) -> Vec<Vec<u8>> {
        let parameters = self.field("parameters").as_array().map(Vec::as_slice).unwrap_or_default();
        let forwarded = parameters.iter().filter(|parameter| parameter["effect"] == "forwarded");
        let word = |object: &Value, name| bytes(object, name).unwrap_or_default();
        forwarded
            .map(|parameter| {
                let (name, value) = (word(parameter, "name"), word(parameter, "value"));
                [b"'", name.as_slice(), b"' ('", value.as_slice(), b"')"].concat()
            })
            .collect()
    }

    /// Program and arguments of ssh.
    pub(crate) fn ssh(&self) -> Vec<Vec<u8>> {
        let words = |name: &str, read: &dyn Fn(&str) -> Vec<u8>| -> Option<Vec<Vec<u8>>> {
            let words = self.field("ssh")[name].as_array()?;
            Some(words.iter().map(|word| read(word.as_str().unwrap())).collect())
        };
        let arguments = words("argv_base64", &|raw| BASE64.decode(raw).unwrap())
            .or_else(|| words("argv", &|text| text.as_bytes().to_vec()));
        let program = self.text("ssh.program");
        program.into_iter().chain(arguments.into_iter().flatten()).collect()
    }
}

/// The bytes of a text field of an object.
fn bytes(object: &Value, name: &str) -> Option<Vec<u8>> {
    match &object[format!("{name}_base64")] {
        Value::String(raw) => Some(BASE64.decode(raw).unwrap()),
        _ => object[name].as_str().map(|text| text.as_bytes().to_vec()),
    }
}
