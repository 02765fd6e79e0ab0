//! The plans of the clients written in Go against recorded answers of the real ones.
//!
//! `go-clients.jsonl` is what go-libvirt and the Terraform provider 0.8.3 and 0.9.7 made of
//! the URIs of `libvirt-11.3.jsonl`: the error, or the dialer that they would use.
//! `go-clients/record.sh` records again.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use crate::text::Text;

const FILE: &str = "tests/agreement/go-clients.jsonl";

/// One recorded answer.
#[derive(Deserialize)]
struct Answer {
    uri: Text,
    client: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    argv: Vec<String>,
    #[serde(default)]
    name: String,
}

#[test]
fn the_plan_is_what_the_go_clients_did() {
    let text = fs::read_to_string(FILE).unwrap();
    let answers: Vec<Answer> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers.len() >= 1500, "only {} answers", answers.len());
    let mut failures = Vec::new();
    for client in ["go-libvirt", "terraform@0.8", "terraform@0.9"] {
        let own: Vec<&Answer> = answers.iter().filter(|answer| answer.client == client).collect();
        assert!(own.iter().filter(|answer| answer.error.is_none()).count() > 100, "{client}");
        for (answer, plan) in own.iter().zip(plans(client, &own)) {
            for wrong in differences(answer, &plan) {
                failures.push(format!("{client} {:?}: {wrong}", answer.uri));
            }
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

/// Our plans, for a user whose home holds nothing.
fn plans(client: &str, answers: &[&Answer]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_virt-doctor"))
        .args(["plan", "--isolated", "--client", client, "--format", "jsonl", "-0", "-"])
        .env_clear()
        .env("HOME", "/home/user")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let uris: Vec<&[u8]> = answers.iter().map(|answer| answer.uri.0.as_slice()).collect();
    let mut input = child.stdin.take().unwrap();
    let bytes = [uris.join(&0), vec![0]].concat();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    let plans: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(plans.len(), answers.len());
    plans
}

fn differences(answer: &Answer, plan: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut equal = |what: &str, theirs: &str, ours: &Value| {
        let ours = match ours {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // A secret is hidden, and what is no UTF-8 is shown with replacements.
        if theirs != ours && !ours.contains("***") && !ours.contains('\u{fffd}') {
            found.push(format!("{what}: {theirs:?}, planned {ours:?}"));
        }
    };
    if let Some(error) = &answer.error {
        equal("error", error, &plan["error"]);
        return found;
    }
    equal("outcome", "daemon", &plan["outcome"]);
    equal("name", &answer.name, &plan["remote_name"]);
    let field = |name: &str| answer.fields.get(name).map_or("", String::as_str);
    // Go's dialer takes no host for this machine.
    let host = |name: &str| if field(name).is_empty() { "localhost" } else { field(name) };
    // A port is text to Go until it dials.
    let port = |name: &str| {
        let digits = field(name).trim_start_matches('0');
        if digits.is_empty() && !field(name).is_empty() { "0" } else { digits }.to_owned()
    };
    let transport = plan["transport"].as_str().unwrap_or_default();
    match answer.kind.as_str() {
        "Local" => {
            equal("transport", "unix", &plan["transport"]);
            let own_user = field("socket").replace("/54321/", "/0/");
            equal("socket", &own_user, &plan["socket"]);
        }
        "Remote" => {
            equal("transport", "tcp", &plan["transport"]);
            equal("host", host("host"), &plan["effective_host"]);
            equal("port", &port("port"), &plan["effective_port"]);
        }
        "TLS" => {
            equal("transport", "tls", &plan["transport"]);
            equal("host", host("host"), &plan["effective_host"]);
            equal("port", &port("port"), &plan["effective_port"]);
            let verify = (field("insecureSkipVerify") == "false").to_string();
            equal("verify", &verify, &plan["tls"]["verify"]);
            let folder = plan["tls"]["ca"].as_str().unwrap().trim_end_matches("/cacert.pem");
            let searched = field("caSearchPaths").contains(folder) || folder.is_empty();
            equal("CA folder", "true", &Value::Bool(searched));
        }
        "SSH" => {
            equal("implementation", "go", &plan["ssh"]["implementation"]);
            equal("host", host("hostname"), &plan["effective_host"]);
            equal("port", &port("port"), &plan["effective_port"]);
            equal("socket", field("remoteSocket"), &plan["socket"]);
            equal("key", field("keyFile"), &plan["ssh"]["identities"][0]);
            let known_hosts =
                if field("insecureIgnoreHostKey") == "true" { "" } else { field("knownHostsFile") };
            equal("known hosts", known_hosts, &plan["ssh"]["known_hosts"]);
            if plan["user"].as_str().is_some_and(|user| !user.is_empty()) {
                equal("user", field("username"), &plan["ssh"]["user"]);
            }
        }
        "SSHCmd" => {
            equal("transport", "sshcmd", &plan["transport"]);
            equal("program", &answer.argv[0], &plan["ssh"]["program"]);
            for (at, word) in answer.argv[1..].iter().enumerate() {
                equal("argument", word, &plan["ssh"]["argv"][at]);
            }
            equal("next argument", "", &plan["ssh"]["argv"][answer.argv.len() - 1]);
        }
        kind => {
            equal("transport", kind, &plan["transport"]);
            if matches!(transport, "tcp" | "tls" | "ssh") {
                equal("host", host("host"), &plan["effective_host"]);
                if !field("port").is_empty() {
                    equal("port", &port("port"), &plan["effective_port"]);
                }
            } else {
                let socket = Some(field("socket")).filter(|socket| !socket.is_empty());
                equal("socket", socket.unwrap_or("/var/run/libvirt/libvirt-sock"), &plan["socket"]);
            }
        }
    }
    found
}
