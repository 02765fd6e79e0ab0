//! What is a candidate and what only looks like one, over whole lines.

use std::path::Path;

use super::*;
use crate::inventory::scan::{Scan, scan};

/// What was found, as it stands in the file.
fn texts(scan: &Scan, file: &[u8]) -> Vec<String> {
    scan.found
        .iter()
        .map(|located| String::from_utf8_lossy(&located.source(file, &[]).0).into_owned())
        .collect()
}

fn found(line: &str) -> Vec<String> {
    let scan = scan(line.as_bytes(), Dialect::of(Path::new("x.yml")));
    texts(&scan, line.as_bytes())
}

#[test]
fn connections_are_found() {
    for (line, uris) in [
        ("uri: qemu:///system", vec!["qemu:///system"]),
        ("a: 'qemu+ssh://joe@kvm1.example/system'", vec!["qemu+ssh://joe@kvm1.example/system"]),
        ("uris=['qemu:///system', 'qemu:///session']", vec!["qemu:///system", "qemu:///session"]),
        (
            "LIBVIRT_URIS=qemu:///system,qemu+ssh://u@h/system",
            vec!["qemu:///system", "qemu+ssh://u@h/system"],
        ),
        (
            "- LIBVIRT_DEFAULT_URI=qemu:///system?socket=/x&mode=auto # c",
            vec!["qemu:///system?socket=/x&mode=auto"],
        ),
        (
            "virsh -c qemu+ssh://\"$USER\"@\"$H\":\"$P\"/system quit",
            vec!["qemu+ssh://$USER@$H:$P/system"],
        ),
        ("x: qemu+{{ t }}://{{ h }}/system", vec!["qemu+{{ t }}://{{ h }}/system"]),
        ("u: qemu+%s://%s:%s/system", vec!["qemu+%s://%s:%s/system"]),
        ("u: qemu+ssh//h.example/system", vec!["qemu+ssh//h.example/system"]),
        ("u: qemu:/system", vec!["qemu:/system"]),
        ("u: quemu:///system", vec!["quemu:///system"]),
        ("u: ssh+qemu://h/system", vec!["ssh+qemu://h/system"]),
        ("libvirt_uri: ssh://h/system", vec!["ssh://h/system"]),
        ("libvirt_uri: lxc://", vec!["lxc://"]),
        ("Use qemu:///system.", vec!["qemu:///system"]),
        ("(qemu:///system)", vec!["qemu:///system"]),
        ("uri = \"qemu+tcp://${var.B[\"a\"]}/system\"", vec!["qemu+tcp://${var.B[\"a\"]}/system"]),
        ("u: \"qemu+ssh://h/system?keyfile=/a b\"", vec!["qemu+ssh://h/system?keyfile=/a b"]),
        (
            "connect=qemu+ssh://h/system?sshauth=agent,privkey",
            vec!["qemu+ssh://h/system?sshauth=agent,privkey"],
        ),
        ("u: qemu+ssh://[2001:db8::7]/system", vec!["qemu+ssh://[2001:db8::7]/system"]),
        ("\"a=qemu+ssh://root@a.example/system\",", vec!["qemu+ssh://root@a.example/system"]),
        ("libvirt_uri: \"test:///default\"", vec!["test:///default"]),
        ("u: vz:///system", vec!["vz:///system"]),
    ] {
        assert_eq!(found(line), uris, "{line}");
    }
}

fn found_in(name: &str, text: &str) -> Vec<(String, Context)> {
    let scan = scan(text.as_bytes(), Dialect::of(Path::new(name)));
    let read = |found: Located| (String::from_utf8_lossy(&found.text).into_owned(), found.context);
    scan.found.into_iter().map(read).collect()
}

#[test]
fn an_entity_of_xml_is_one_character() {
    let text = b"<uri>qemu+ssh://h/system?no_tty=1&amp;mode=legacy</uri>";
    let in_xml = scan(text, Dialect::of(Path::new("x.xml"))).found.remove(0);
    assert_eq!(in_xml.text, b"qemu+ssh://h/system?no_tty=1&mode=legacy");
    let ampersand = crate::text::Span::new(28, 29);
    assert_eq!(in_xml.in_file(ampersand).of(text), b"&amp;");
    let in_yaml = scan(text, Dialect::of(Path::new("x.yml"))).found.remove(0);
    assert!(in_yaml.text.ends_with(b"&amp;mode=legacy"));
    let quoted = "<a b=\"virsh -c &quot;qemu+ssh://h/system?a=1&#38;b=2&quot;\"/>";
    assert_eq!(found_in("x.xml", quoted)[0].0, "qemu+ssh://h/system?a=1&b=2");
}

#[test]
fn escapes_of_strings_are_characters() {
    for (name, text, uri) in [
        ("a.json", r#"{"b":"qemu+ssh://h/s?a=1\u0026b=2"}"#, "qemu+ssh://h/s?a=1&b=2"),
        ("a.json", r#"{"libvirt_uri":"qemu+ssh:\/\/h\/sytem"}"#, "qemu+ssh://h/sytem"),
        ("a.json", r#"{"b":"virsh -c qemu:\/\/\/sytem list"}"#, "qemu:///sytem"),
        ("a.json", r#"{"b":"virsh -c \"qemu:///sytem\" list"}"#, "qemu:///sytem"),
        ("a.json", r#"{"b":"qemu:///system?socket=\u00e9"}"#, "qemu:///system?socket=é"),
        ("a.yml", r#"b: "qemu:\/\/\/sytem""#, "qemu:///sytem"),
        ("a.toml", r#"b = "qemu:///system?a=1\u0026b=2""#, "qemu:///system?a=1&b=2"),
        ("a.go", r#"f("qemu:///system?a=1\u0026b=2")"#, "qemu:///system?a=1&b=2"),
        ("a.py", r#"print("qemu:///system\n")"#, "qemu:///system"),
        ("a.sh", r"virsh -c qemu:///system?a=1\&b=2 list", "qemu:///system?a=1&b=2"),
        ("a.sh", "virsh -c qemu:///system?a=1&b=2 list", "qemu:///system?a=1"),
        ("a.yml", "run: virsh -c qemu:///system?a=1;ls", "qemu:///system?a=1"),
        ("a.sh", "virsh -c 'qemu:///system?a=1&b=2' list", "qemu:///system?a=1&b=2"),
        ("a.service", "X=virsh -c qemu:///system?a=1&b=2 x", "qemu:///system?a=1&b=2"),
    ] {
        let found = found_in(name, text);
        assert_eq!(found.iter().map(|(uri, _)| uri).collect::<Vec<_>>(), [uri], "{text}");
    }
    for (name, text) in [
        ("a.yml", r"b: 'qemu:\/\/\/sytem'"),
        ("a.go", r#"regexp.MustCompile("qemu:///\\w+")"#),
        ("a.py", r#"re.match("qemu:\/\/\/system")"#),
        ("a.json", r#"{"b":"qemu:///\\w+"}"#),
    ] {
        assert_eq!(found_in(name, text), [], "{text}");
    }
}

#[test]
fn an_escape_is_a_piece_of_its_own() {
    let text = r#"{"b":"qemu:\/\/h/sytem?a=\u00e9b"}"#.as_bytes();
    let located = scan(text, Dialect::of(Path::new("a.json"))).found.remove(0);
    let place = |word: &[u8]| {
        let at = memchr::memmem::find(&located.text, word).unwrap();
        crate::text::Span::new(at, at + word.len())
    };
    assert_eq!(located.in_file(place(b"sytem")).of(text), b"sytem");
    assert!(!located.crosses_pieces(place(b"sytem")));
    assert_eq!(located.in_file(place(b"//h")).of(text), br"\/\/h");
    assert!(located.crosses_pieces(place(b"//h")));
    assert_eq!(located.in_file(place("é".as_bytes())).of(text), br"\u00e9");
    assert_eq!(located.in_file(place(b"b")).of(text), b"b");
    assert_eq!(located.source(text, &[]).0, &br"qemu:\/\/h/sytem?a=\u00e9b"[..]);
}

#[test]
fn defaults_of_variables_are_literal() {
    for line in [
        "X=${X:-qemu:///sytem}",
        "X=${X-qemu:///sytem}",
        "X=${X:=qemu:///sytem}",
        "- X=\"${X:-qemu:///sytem}\"",
        "x: \"{{ x | default('qemu:///sytem') }}\"",
        "x: '{{ x | default(\"qemu:///sytem\") }}'",
    ] {
        assert_eq!(found(line), ["qemu:///sytem"], "{line}");
    }
    assert_eq!(found("x=${X:-qemu+ssh://${H:-a}/system}"), ["qemu+ssh://${H:-a}/system"]);
    let text = b"${LIBVIRT_URI:-test:///x}";
    let scan = scan(text, Dialect::of(Path::new("a.sh")));
    assert_eq!(scan.found[0].key.as_deref(), Some("LIBVIRT_URI"));
}

#[test]
fn comments_over_lines_are_comments() {
    for (name, text, contexts) in [
        ("a.xml", "<!--\n<uri>qemu:///sytem</uri>\n-->", vec![Context::Comment]),
        ("a.go", "/*\nqemu:///sytem\n*/ f(\"qemu:///x\")", vec![Context::Comment, Context::Code]),
        ("a.xml", "<!-- a --> <uri>qemu:///sytem</uri>", vec![Context::Value]),
        ("a.rb", "=begin\nqemu:///sytem\n=end\n'qemu:///x'", vec![Context::Comment, Context::Code]),
    ] {
        let found = found_in(name, text).into_iter().map(|(_, context)| context);
        assert_eq!(found.collect::<Vec<_>>(), contexts, "{name}: {text}");
    }
}

#[test]
fn lookalikes_are_not() {
    for line in [
        "s/qemu:\\/\\/\\/system/x/",
        "qemu\\+ssh://([^@]+)@",
        "a: qemu:///(system|session)",
        "case qemu+libssh://*)",
        "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'",
        "<qemu:commandline>",
        "/etc/libvirt/qemu:/etc/libvirt/qemu:ro",
        "git+ssh://git@h/x.git",
        "gluster+tcp://h/v",
        "remote+http://10.10.10.10:9990",
        "remote+ssh://build/srv",
        "ssh-remote+ssh://u@localhost:22",
        "Use `qemu+ssh://` if",
        "`qemu+tcp://...`",
        "driver[+transport]://[u@][h]/",
        "libvirt://192.168.222.1:16230",
        "kvm+ssh://u@h/x/y.img",
        "hyperv://vms/inventory",
        "Libvirt::open",
        "https://qemu.org/x",
        "image: docker.io/qemu:latest",
        "- /var/run/libvirt/libvirt-sock:/x",
        "uri: \"{{ libvirt_uri }}\"",
        "a: xen/test/remote",
        "u: qemu:///system+",
        "HyperV://{_vmName}",
        "test://foo",
        "xenmigr://%s/",
        "ssh://host/x",
    ] {
        assert_eq!(found(line), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn whole_placeholders_are_counted() {
    let scan = scan(
        b"libvirt_uri: \"{{ u }}\"\nother: \"{{ u }}\"\nkvm_uri = ${X}\n",
        Dialect::of(Path::new("x.yml")),
    );
    assert_eq!((scan.found.len(), scan.holes), (0, 2));
}
