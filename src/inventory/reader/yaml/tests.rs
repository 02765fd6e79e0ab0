//! Scalars in every style, and where their characters stand.

use crate::inventory::reader::tests::{contexts, found};

#[test]
fn escapes_have_their_places() {
    let text = "# é\nuri: \"\\u0071emu+ssh://h/s\\x79stem?a=\\U0000003db\"\n";
    let found = found("a.yml", text);
    assert_eq!(found[0].uri, "qemu+ssh://h/system?a==b");
    assert_eq!(found[0].key.as_deref(), Some("uri"));
    assert_eq!(found[0].at("qemu"), "\\u0071emu");
    assert_eq!(found[0].at("emu"), "emu");
    assert_eq!(found[0].at("system"), "s\\x79stem");
    assert_eq!(found[0].at("tem"), "tem");
    assert!(found[0].is_whole("tem") && !found[0].is_whole("system"));
}

#[test]
fn lines_are_joined() {
    for (text, uri, at) in [
        ("uri: \"qemu+ssh://h\\\n    /sytem\"\n", "qemu+ssh://h/sytem", "sytem"),
        ("uri: \"qemu+ssh://h\\\r\n\r\n    /sytem\"\r\n", "qemu+ssh://h", "h"),
        ("uri: \"\\\n  qemu+ssh://h/sytem\"\n", "qemu+ssh://h/sytem", "sytem"),
        ("uri: >-\n  qemu+ssh://h/sytem\n", "qemu+ssh://h/sytem", "sytem"),
        ("uri: |2-\n    qemu+ssh://h/sytem\n\n  # a\n", "qemu+ssh://h/sytem", "sytem"),
        ("uri:\n  - qemu+ssh://h/sytem\n", "qemu+ssh://h/sytem", "sytem"),
        ("uri:\n  qemu+ssh://h/sytem\n", "qemu+ssh://h/sytem", "sytem"),
        ("uri: !x &a\n  'qemu+ssh://h/sytem'\n", "qemu+ssh://h/sytem", "sytem"),
    ] {
        let found = found("a.yml", text);
        assert_eq!((found.len(), &*found[0].uri), (1, uri), "{text}");
        assert_eq!(found[0].at(at), at, "{text}");
        assert_eq!(found[0].key.as_deref(), Some("uri"), "{text}");
    }
    let joined = "uri: \"qemu+ssh://h\\\n    /sytem\"\n";
    let found = found("a.yml", joined);
    assert_eq!(found[0].at("h/s"), "h\\\n    /s");
    assert!(!found[0].is_whole("h/s") && found[0].is_whole("/sytem"));
}

#[test]
fn quotes_that_are_doubled_are_one() {
    let found = found("a.yml", "a: 'qemu+ssh://h/sytem?keyfile=/a''b'\n");
    assert_eq!(found[0].uri, "qemu+ssh://h/sytem?keyfile=/a'b");
    assert_eq!(found[0].at("a'b"), "a''b");
    assert_eq!(found[0].at("sytem"), "sytem");
    assert_eq!(
        contexts("a.yml", "a: 'virsh -c ''qemu:///sytem'' list'\n"),
        ["value qemu:///sytem"]
    );
}

#[test]
fn blocks_are_texts_of_another_language() {
    for (text, expected) in [
        ("run: |\n  virsh -c qemu:///sytem list\n", vec!["value qemu:///sytem"]),
        (
            "libvirt.conf: |\n  # qemu:///x\n  uri_default = \"qemu:///sytem\"\n",
            vec!["comment qemu:///x", "value qemu:///sytem"],
        ),
        (
            "libvirt_uri: >-\n  {%- if x -%}\n  qemu:///sytem\n  {%- endif -%}\n",
            vec!["value qemu:///sytem"],
        ),
        (
            "copy:\n  content: |\n    ; qemu:///x\n    a = qemu:///sytem\n  dest: /etc/a.ini\n",
            vec!["comment qemu:///x", "value qemu:///sytem"],
        ),
        (
            "runcmd:\n  - |\n    cat <<EOF\n    a = qemu:///sytem\n    EOF\n",
            vec!["value qemu:///sytem"],
        ),
        ("a: it's\n# qemu:///sytem\n", vec!["comment qemu:///sytem"]),
        ("description: |\n  Use qemu:///sytem.\n", vec!["value qemu:///sytem"]),
    ] {
        assert_eq!(contexts("a.yml", text), expected, "{text}");
    }
}

#[test]
fn a_command_is_code() {
    for (text, expected) in [
        ("command: virsh -c qemu:///sytem list\n", "value qemu:///sytem"),
        ("- name: define it on qemu:///sytem\n", "value qemu:///sytem"),
        ("- name: qemu:///sytem\n", "value qemu:///sytem"),
    ] {
        assert_eq!(contexts("a.yml", text), [expected], "{text}");
    }
}

#[test]
fn a_name_further_up_is_one() {
    let text = "env:\n  - name: LIBVIRT_URI\n    value: esx://h/\n";
    assert_eq!(found("a.yml", text)[0].key.as_deref(), Some("LIBVIRT_URI"));
    let text = "libvirt_uris:\n  - test://h/x\n  - [esx://h/]\nother:\n  - esx://h/\n";
    assert_eq!(contexts("a.yml", text), ["value test://h/x", "value esx://h/"]);
    let text = "all:\n  libvirt_uris: {a: [x], b: esx://h/}\n  libvirt_uri: *x\n";
    assert_eq!(contexts("a.yml", text), Vec::<String>::new());
}
