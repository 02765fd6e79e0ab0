//! Policies against URIs, whole ones and such with placeholders.

use std::path::Path;
use std::sync::Arc;

use super::{Policies, Standing};
use crate::engine::{Levels, Subject};
use crate::finding::Finding;
use crate::inventory::Context;
use crate::settings::{Machine, Source};
use crate::tables::clients::Client;

fn page(when: &str, at: &str) -> String {
    format!(
        "# `own`\n\n```toml rule\nseverity = \"error\"\nsummary = \"s\"\n[check]\nwhen = '''{when}'''\nat = \"{at}\"\n```\n\nWhy.\n"
    )
}

fn policies(when: &str, at: &str) -> Result<Policies, String> {
    Policies::of_page(Path::new("policy/own.md"), page(when, at)).map_err(|error| error.to_string())
}

/// What one policy says about a URI of a file, and why it could not say anything.
fn asked(when: &str, at: &str, uri: &str) -> (Vec<Finding>, Vec<String>) {
    let mut levels = Levels::with(Arc::new(policies(when, at).unwrap()));
    levels.only_policies();
    let machine = Machine::fixed("2026-01-01".into());
    let text = uri.replace("{{x}}", "\u{1a}");
    let source = Source::of_file(text.as_bytes());
    let subject = Subject::new(&source, Client::LIBVIRT, &machine, false);
    let file = Path::new("group_vars/all.yml");
    let standing = Standing { file, kind: "yaml", key: Some("uri"), context: Context::Value };
    let judged = Subject { standing: Some(standing), ..subject }.lint(&levels);
    (judged.findings, judged.failures)
}

fn holds(when: &str, uri: &str) -> bool {
    let (found, failures) = asked(when, "uri", uri);
    assert!(failures.is_empty(), "{when} {uri}: {failures:?}");
    !found.is_empty()
}

const WHOLE: &str = "qemu+tcp://root@kvm7.lab.example:16509/system?no_verify=1&keyfile=/k&x=y";

#[test]
fn a_condition_sees_the_plan_and_where_the_uri_stands() {
    for when in [
        "plan.transport == 'tcp' && plan.host != 'localhost'",
        "plan.port == 16509 && plan.effective_port == 16509",
        "plan.user == 'root' && plan.driver == 'qemu' && plan.path == '/system'",
        "plan.parameters.exists(p, p.name == 'no_verify' && p.value == '1')",
        "plan.parameters.exists(p, p.effect == 'forwarded')",
        "plan.parameters.all(p, p.name.size() > 0)",
        "plan.parameters.exists_one(p, p.name == 'x')",
        "plan.parameters.filter(p, p.value == 'y').size() == 1",
        "has(parameters.keyfile) && !has(parameters.netcat)",
        "'no_verify' in parameters && parameters.no_verify == '1'",
        "parameters['keyfile'].startsWith('/')",
        "plan.host.matches('^kvm[0-9]+\\\\.lab')",
        "plan.ssh == null && plan.tls == null && !plan.readonly",
        "plan.hops.exists(hop, hop == 'network')",
        "file == 'group_vars/all.yml' && kind == 'yaml' && key == 'uri' && context == 'value'",
        "uri.contains('kvm7') && plan.client == 'libvirt@11.3'",
        "plan.port > 1000 ? plan.host != null : false",
    ] {
        assert!(holds(when, WHOLE), "{when}");
    }
    assert!(!holds("plan.transport == 'tcp'", "qemu+ssh://kvm7.lab.example/system"));
}

#[test]
fn the_caret_is_under_the_part_that_was_named() {
    for (at, text) in [
        ("driver", "qemu"),
        ("transport", "tcp"),
        ("user", "root"),
        ("host", "kvm7.lab.example"),
        ("port", "16509"),
        ("path", "/system"),
        ("query", "no_verify=1&keyfile=/k&x=y"),
        ("parameters.keyfile", "keyfile=/k"),
        ("parameters.netcat", WHOLE),
        ("uri", WHOLE),
    ] {
        let (found, _) = asked("plan.driver == 'qemu'", at, WHOLE);
        assert_eq!(&WHOLE[found[0].span.range()], text, "{at}");
    }
}

#[test]
fn what_a_placeholder_hides_is_not_known() {
    for (when, uri) in [
        ("plan.host != 'localhost'", "qemu+tcp://{{x}}/system"),
        ("!plan.host.endsWith('.lab.example')", "qemu+tcp://{{x}}.lab.example/system"),
        ("plan.transport != 'ssh'", "qemu+{{x}}://h.example/system"),
        ("plan.transport != 'ssh'", "qemu://{{x}}/system"),
        ("plan.driver != 'qemu'", "{{x}}://h.example/system"),
        ("plan.user == null", "qemu+ssh://{{x}}/system"),
        ("plan.port == null", "qemu+ssh://{{x}}/system"),
        ("plan.path != '/session'", "qemu:///{{x}}"),
        ("plan.path == ''", "qemu+ssh://{{x}}"),
        ("!has(parameters.no_verify)", "qemu+ssh://h.example/system?{{x}}"),
        ("!has(parameters.no_verify)", "qemu+ssh://h.example/system?a={{x}}"),
        ("!('no_verify' in parameters)", "qemu+ssh://h.example/{{x}}"),
        ("parameters.no_verify != '0'", "qemu+ssh://h.example/system?no_verify={{x}}"),
        ("plan.parameters.all(p, p.name == 'a')", "qemu+ssh://h.example/system?a=1&{{x}}"),
        ("!plan.parameters.exists(p, p.name == 'b')", "qemu+ssh://h.example/system?{{x}}"),
        ("plan.parameters.filter(p, true).size() == 1", "qemu+ssh://h.example/system?a={{x}}"),
        ("plan.parameters.size() == 1", "qemu+ssh://h.example/system?{{x}}"),
        ("plan.parameters[0].name != 'b'", "qemu+ssh://h.example/system?{{x}}"),
        ("plan.effective_host != 'a'", "qemu+ssh://{{x}}/system"),
        ("plan.ssh != null", "qemu+{{x}}://h.example/system"),
        ("uri != 'a' || !uri.contains('b')", "qemu+ssh://{{x}}/system"),
        ("plan.outcome != 'in-process'", "qemu+ssh://h.example/{{x}}"),
        ("(plan.host == 'a' ? true : true)", "qemu+ssh://{{x}}/system"),
    ] {
        assert!(!holds(when, uri), "{when} {uri}");
    }
    for (when, uri) in [
        ("plan.transport == 'tcp'", "qemu+tcp://{{x}}/system"),
        ("plan.host == 'x' || plan.transport == 'tcp'", "qemu+tcp://{{x}}/system"),
        ("plan.user == 'root'", "qemu+ssh://root@{{x}}/system"),
        ("plan.host == 'h.example'", "qemu+ssh://{{x}}@h.example/system"),
        ("plan.port == 22", "qemu+ssh://{{x}}:22/system"),
        ("plan.path == '/system'", "qemu+ssh://{{x}}/system"),
        ("!has(parameters.no_verify)", "qemu+ssh://{{x}}/system"),
        ("'a' in parameters", "qemu+ssh://h.example/system?a={{x}}"),
        ("plan.parameters.exists(p, p.name == 'a')", "qemu+ssh://h.example/system?{{x}}&a=1"),
        ("!plan.parameters.all(p, p.name == 'a')", "qemu+ssh://h.example/system?b=1&{{x}}"),
    ] {
        assert!(holds(when, uri), "{when} {uri}");
    }
}

#[test]
fn a_policy_sees_no_secret() {
    let uri = "qemu+tcp://root:hunter2@h.example/system?password=hunter2";
    for part in ["uri", "plan.uri", "plan.user", "parameters.password"] {
        assert!(!holds(&format!("{part} != null && {part}.contains('hunter2')"), uri), "{part}");
    }
    assert!(holds("parameters.password == '***'", uri));
}

#[test]
fn what_cannot_be_judged_is_told() {
    for (when, uri, why) in [
        (
            "plan.host.endsWith('.a')",
            "qemu:///system",
            "`endsWith` is asked of a part that is not there; ask for that first, as in `plan.host != null && …`",
        ),
        (
            "parameters.x == '1'",
            "qemu:///system",
            "there is no `x`; ask for it first, as in `has(parameters.x) && …`",
        ),
        ("plan.host < 3", WHOLE, "`<` cannot be asked of string and int"),
    ] {
        let (found, failures) = asked(when, "uri", uri);
        assert!(found.is_empty());
        assert_eq!(failures, [format!("policy/own.md:7: `own` cannot judge {uri}: {why}")]);
    }
    let many = format!("qemu:///system?{}", vec!["a=1"; 101].join("&"));
    let (found, failures) = asked("true", "uri", &many);
    assert!(found.is_empty() && failures[0].ends_with("it has more than 100 parameters"));
    let long = format!("qemu:///{}", "a".repeat(20_000));
    let (found, failures) = asked("true", "uri", &long);
    assert!(found.is_empty() && failures[0].ends_with("it is longer than 16384 bytes"));
    assert!(!holds("true", "qemu:///system?x=%zz"), "what cannot be parsed is another mistake");
}

#[test]
fn a_wrong_condition_is_told_with_its_place() {
    for (when, place, why) in [
        ("plan.tranport == 'tcp'", "7:16", "a plan has no `tranport`; did you mean `transport`?"),
        ("paln.host == 'a'", "7:11", "there is nothing called `paln`; did you mean `plan`?"),
        ("plan.host = 'a'", "7:21", "one `=` compares nothing; write `==`"),
        ("plan.host ==", "7:23", "it ends; expected expression"),
        ("plan.host == 'a", "7:24", "unterminated string literal"),
        ("plan.host", "7:11", "it is no condition: neither true nor false"),
        ("plan == null", "7:11", "say which part of the plan, as in `plan.host`"),
        (
            "plan.host.lower() == 'a'",
            "7:21",
            "there is no function `lower`; there are contains, endsWith, int, matches, size, startsWith, string",
        ),
        ("has(plan.host)", "7:20", "every field of a plan is there; ask `plan.host != null`"),
        ("plan.host.matches('(')", "7:21", "its pattern cannot be used: unclosed group"),
        (
            "plan.host.matches(plan.user)",
            "7:21",
            "write the pattern itself, as in `plan.host.matches(\"^kvm[0-9]+$\")`",
        ),
        (
            "plan.host + 'a' == 'ba'",
            "7:21",
            "`+`: a condition compares what is there and makes nothing new",
        ),
        (
            "plan.parameters.map(p, p.name) == []",
            "7:27",
            "`map` makes a new list; use exists, all or filter",
        ),
        (
            "plan.parameters != []",
            "7:16",
            "compare the parameters one by one, as in `plan.parameters.exists(p, p.name == \"…\")`",
        ),
        ("size({'a': 1}) > 1", "7:16", "a condition compares what is there and makes nothing new"),
        (
            "plan.host.matches('a{1000}{1000}')",
            "7:21",
            "its pattern cannot be used: Compiled regex exceeds size limit of 262144 bytes.",
        ),
    ] {
        let error = policies(when, "uri").unwrap_err();
        let first = error.lines().next().unwrap();
        assert_eq!(first, format!("policy/own.md:{place}: {why}"), "{when}");
        let caret = error.lines().last().unwrap();
        let column: usize = place[2..].parse().unwrap();
        assert_eq!(caret, format!("    | {}^", " ".repeat(column - 1)), "{when}");
    }
}

/// A thread of a test has two megabytes of stack, as one of a sweep has.
#[test]
fn a_condition_is_bounded_however_it_is_written() {
    for when in [
        "(".repeat(4000),
        format!("{}true{}", "(".repeat(120), ")".repeat(120)),
        format!("{}true{}", "(".repeat(24), ")".repeat(24)),
        format!("{}true", "!".repeat(240)),
        format!("{}1 == 1", "-".repeat(240)),
        vec!["true"; 120].join("||"),
        vec!["true"; 120].join("=="),
        format!("plan.{}", vec!["host"; 249].join(".")),
        format!("plan.parameters{} == 1", "[0]".repeat(120)),
        format!("{}true", "true?true:".repeat(120)),
        format!("plan.host{} == 1", ".size()".repeat(80)),
        "[".repeat(1000),
        "\\".repeat(3000),
        "'".repeat(3000),
        "/*".repeat(100),
        "a".repeat(5000),
        "\u{1f980}".repeat(500),
    ] {
        if let Ok(policies) = policies(&when, "uri") {
            let levels = Levels::with(Arc::new(policies));
            let machine = Machine::fixed("2026-01-01".into());
            Subject::of_file(WHOLE.as_bytes(), Client::LIBVIRT, &machine).lint(&levels);
        }
    }
    let many = (0..250).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let nested = format!("[{many}].all(a, [{many}].all(b, [{many}].all(c, a != b)))");
    let error = policies(&nested, "uri").unwrap_err();
    assert!(error.contains("are allowed"), "{error}");
    let nested =
        "plan.parameters.all(a, plan.parameters.all(b, plan.parameters.all(c, a.name != b.name)))";
    assert!(policies(nested, "uri").is_err());
    assert!(
        policies("plan.parameters.exists(a, ['b', 'c'].exists(b, a.name == b))", "uri").is_ok()
    );
}

#[test]
fn a_page_is_read_strictly() {
    let whole = page("true", "uri");
    let read = |name: &str, text: String| {
        let file = Path::new("policy").join(name);
        Policies::of_page(&file, text).map(drop).unwrap_err().to_string()
    };
    for (name, text, said) in [
        ("plain-tcp.md", whole.clone(), "1:1: virt-doctor has a rule `plain-tcp` of its own"),
        ("security.md", whole.clone(), "1:1: `security` stands for a whole subject of rules"),
        ("policy.md", whole.clone(), "1:1: `policy` stands for a whole subject of rules"),
        ("Own.md", whole.clone(), "1:1: the file's name is the policy's: write it in lower case"),
        ("1st.md", whole.clone(), "1:1: the file's name is the policy's: write it in lower case"),
        ("other.md", whole.clone(), "1:1: the page begins with its name: # `other`"),
        ("own.md", "# `own`\n".into(), "1:1: the page has no head"),
        (
            "own.md",
            whole.replace("at = \"uri\"", "at = \"hots\""),
            "8:6: a URI has no part `hots`; did you mean `host`?",
        ),
        (
            "own.md",
            whole.replace("summary =", "replaces = []\nsummary ="),
            "5:1: unknown field `replaces`",
        ),
        (
            "own.md",
            whole.replace("[check]", "message = \"{hots}\"\n[check]"),
            "6:12: there is no `{hots}`; there are client, driver",
        ),
        (
            "own.md",
            whole.replace("[check]", "clients = [\"virsh\"]\n[check]"),
            "6:12: there is no client `virsh`; libvirt",
        ),
    ] {
        let error = read(name, text);
        assert!(error.starts_with(&format!("policy/{name}:{said}")), "{said}: {error}");
    }
}

#[test]
fn every_field_of_a_plan_can_be_asked_for() {
    use std::collections::BTreeSet;
    let machine = Machine::fixed("2026-01-01".into());
    let mut shown = BTreeSet::new();
    for uri in
        ["qemu+ssh://h.example/system", "qemu+tls://h.example/system", "qemu:///session", "x"]
    {
        Subject::of_file(uri.as_bytes(), Client::LIBVIRT, &machine).read(|reading| {
            let fields = crate::plan::fields(reading.plan, uri.as_bytes(), &reading.uri.veil());
            shown.extend(fields.as_object().unwrap().keys().cloned());
        });
    }
    let known: BTreeSet<String> = super::facts::FIELDS.iter().map(|name| (*name).into()).collect();
    assert_eq!(shown, known);
}
