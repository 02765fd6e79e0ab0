//! What the tools build, held against what their sources say.

use std::path::Path;

use super::*;
use crate::inventory::scan;

fn built(name: &str, text: &str) -> Vec<Located> {
    let found = scan(text.as_bytes(), Dialect::of(Path::new(name))).found;
    found.into_iter().filter(|located| located.built_by().is_some()).collect()
}

fn shown(name: &str, text: &str) -> Vec<String> {
    let source = |located: &Located| {
        String::from_utf8_lossy(&located.source(text.as_bytes(), &[]).0).into_owned()
    };
    built(name, text).iter().map(source).collect()
}

fn indented(lines: &str, blanks: &str) -> String {
    format!("{blanks}{}", lines.replace('\n', &format!("\n{blanks}")))
}

/// A Vagrantfile with these lines in the provider's block.
fn vagrantfile(settings: &str) -> String {
    let lines = indented(settings, "    ");
    format!(
        "Vagrant.configure(\"2\") do |config|\n  config.vm.provider :libvirt do |lv|\n{lines}\n  end\nend\n"
    )
}

#[test]
fn vagrant_libvirt_builds() {
    for (settings, uri) in [
        ("lv.host = 'kvm7.example'", "qemu://kvm7.example/system"),
        (
            "lv.host = \"kvm7.example\"\nlv.connect_via_ssh = true",
            "qemu+ssh://kvm7.example/system?no_verify=1",
        ),
        (
            "lv.host = 'h.example'\nlv.username = 'joe'\nlv.id_ssh_key_file = '/k/id' # ours",
            "qemu+ssh://joe@h.example/system?no_verify=1&keyfile=/k/id",
        ),
        (
            "lv.host = 'h.example'\nlv.id_ssh_key_file = 'id_lab'",
            "qemu+ssh://h.example/system?no_verify=1&keyfile=$HOME/.ssh/id_lab",
        ),
        (
            "lv.host = 'h.example'\nlv.connect_via_ssh = true\nlv.id_ssh_key_file = nil",
            "qemu+ssh://h.example/system?no_verify=1",
        ),
        (
            "lv.host = 'h.example'\nlv.connect_via_ssh = false\nlv.id_ssh_key_file = '/k'",
            "qemu://h.example/system",
        ),
        ("lv.connect_via_ssh = true", "qemu+ssh://localhost/system?no_verify=1"),
        ("lv.socket = '/run/x'", "qemu:///system?socket=/run/x"),
        (
            "lv.connect_via_ssh = true\nlv.host='h.example'\nlv.socket = '/run/x'",
            "qemu+ssh://h.example/system?no_verify=1&socket=/run/x",
        ),
        ("lv.qemu_use_session = true", "qemu:///session"),
        ("lv.driver = 'kvm'\nlv.host = 'h.example'", "qemu://h.example/system"),
        ("lv.driver = :esx\nlv.host = 'h.example'", "esx://h.example/"),
        ("lv.driver = 'vbox'\nlv.host = 'h.example'", "vbox://h.example/session"),
        (
            "lv.connect_via_ssh = true\nlv.username = 'joe@corp x'\nlv.host = ENV['H'] # no",
            "qemu+ssh://joe%40corp+x@ENV['H']/system?no_verify=1",
        ),
        (
            "lv.connect_via_ssh = true\nlv.host = \"#{name}.example\"",
            "qemu+ssh://#{name}.example/system?no_verify=1",
        ),
        ("lv.host = 'old.example'\nlv.host = 'h.example'", "qemu://h.example/system"),
    ] {
        assert_eq!(shown("Vagrantfile", &vagrantfile(settings)), [uri], "{settings}");
    }
}

#[test]
fn vagrant_libvirt_has_another_uri_or_none() {
    for settings in [
        "lv.driver = 'kvm'",
        "lv.username = 'joe'",
        "# lv.host = 'h.example'",
        "lv.host = 'h.example'\nlv.uri = 'qemu+tcp://x.example/system'",
        "lv.host = 'h.example'\nlv.uri = ENV['URI']",
        "lv.host = 'h.example' if ENV['REMOTE']",
        "lv.memory = 1\nif ENV['REMOTE']\n  lv.host = 'h.example'\nend",
        "lv.host ||= 'h.example'",
        "lv.host = 'h.example'\nlv.connect_via_ssh = ENV.key?('SSH')",
        "lv.host = 'h.example'\nlv.driver = 'xen'",
        "lv.host == 'h.example'",
        "other.host = 'h.example'",
    ] {
        assert_eq!(
            shown("Vagrantfile", &vagrantfile(settings)),
            Vec::<String>::new(),
            "{settings}"
        );
    }
    let others = vagrantfile("lv.host = 'h.example'").replace(":libvirt", ":virtualbox");
    assert_eq!(shown("Vagrantfile", &others), Vec::<String>::new());
}

#[test]
fn a_machine_of_vagrant_adds_to_what_holds_for_all() {
    let text = "Vagrant.configure('2') do |c|\n  c.vm.provider \"libvirt\" do |v|\n    \
                v.connect_via_ssh = true\n    v.host = 'one.example'\n  end\n  \
                c.vm.define 'b' do |b|\n    b.vm.provider(:libvirt) { |v| v.host = 'two.example' }\n    \
                b.vm.provider :libvirt do |v, o|\n      v.cpus = 2\n    end\n  end\nend\n";
    assert_eq!(
        shown("Vagrantfile", text),
        ["qemu+ssh://one.example/system?no_verify=1", "qemu+ssh://two.example/system?no_verify=1"]
    );
}

#[test]
fn nova_builds() {
    for (settings, uris) in [
        ("live_migration_scheme = tls", &["qemu+tls://%s/system"][..]),
        ("live_migration_scheme = ssh\nvirt_type = qemu", &["qemu+ssh://%s/system"]),
        ("live_migration_scheme: \"tcp\"", &["qemu+tcp://%s/system"]),
        ("live_migration_scheme={{ scheme }}", &["qemu+{{ scheme }}://%s/system"]),
        (
            "live_migration_scheme = tls\nlive_migration_inbound_addr = 192.0.2.7",
            &["qemu+tls://192.0.2.7/system"],
        ),
        (
            "live_migration_scheme = tls\nlive_migration_inbound_addr = 2001:db8::7",
            &["qemu+tls://[2001:db8::7]/system"],
        ),
        ("live_migration_scheme = tls\nvirt_type = parallels", &[]),
        ("live_migration_scheme = tls\nlive_migration_uri = qemu+tls://%s/system", &[]),
        ("live_migration_scheme = tls\nlive_migration_uri =", &["qemu+tls://%s/system"]),
        ("live_migration_scheme =", &[]),
        ("#live_migration_scheme = tls", &[]),
        ("[compute]\nlive_migration_scheme = tls", &[]),
    ] {
        let text = format!("[DEFAULT]\ndebug = true\n[libvirt]\n{settings}\n[vnc]\n");
        assert_eq!(shown("nova.conf", &text), uris, "{settings}");
    }
}

#[test]
fn kcli_builds() {
    for (client, uris) in [
        ("host: kvm7.example", &["qemu+ssh://root@kvm7.example/system?no_verify=1"][..]),
        (
            "host: kvm7.example\nuser: joe  # him\nport: 2222",
            &["qemu+ssh://joe@kvm7.example:2222/system?no_verify=1"],
        ),
        ("host: 'h.example'\nport: 22", &["qemu+ssh://root@h.example/system?no_verify=1"]),
        ("host: h.example\nport: '22'", &["qemu+ssh://root@h.example:22/system?no_verify=1"]),
        ("host: h.example\nprotocol: tcp", &["qemu+tcp://root@h.example:22/system"]),
        (
            "host: h.example\nprotocol: tls\nport: 16514",
            &["qemu+tls://root@h.example:16514/system"],
        ),
        (
            "host: h.example\nsession: true\nlegacy: true",
            &["qemu+ssh://root@h.example/session?no_verify=1&socket=/var/run/libvirt/libvirt-sock"],
        ),
        ("host: 2001:db8::7", &["qemu+ssh://root@[2001:db8::7]/system?no_verify=1"]),
        ("host: ?secret", &["qemu+ssh://root@?secret/system?no_verify=1"]),
        ("host: '{{ h }}'", &["qemu+ssh://root@{{ h }}/system?no_verify=1"]),
        ("host: 127.0.0.1", &[]),
        ("host: h.example\nurl: qemu+ssh://x.example/system", &[]),
        ("host: h.example\ntype: ovirt", &[]),
        ("host: h.example\nenabled: false", &[]),
        ("protocol: tcp", &[]),
        ("disks:\n- host: h.example", &[]),
    ] {
        let lines = indented(client, "  ");
        let text = format!("default:\n  client: lab\n  pool: x\nlab:\n{lines}\n");
        assert_eq!(shown("config.yml", &text), uris, "{client}");
    }
    let text = "default:\n client: a\n user: joe\na:\n host: a.example\nb:\n host: b.example\n";
    assert_eq!(
        shown("config.yml", text),
        [
            "qemu+ssh://joe@a.example/system?no_verify=1",
            "qemu+ssh://joe@b.example/system?no_verify=1"
        ]
    );
    let other = "default:\n client: none\na:\n host: a.example\n";
    assert_eq!(shown("config.yml", other), Vec::<String>::new());
}

#[test]
fn places_are_those_of_the_parts() {
    let text = vagrantfile(
        "lv.connect_via_ssh = true\nlv.host = 'kvm7.example'\nlv.username = 'jo e'\nlv.id_ssh_key_file = 'id'",
    );
    let file = text.as_bytes();
    let located = built("Vagrantfile", &text).remove(0);
    let place = |word: &str| {
        let at = memchr::memmem::find(&located.text, word.as_bytes()).unwrap();
        Span::new(at, at + word.len())
    };
    for (word, part) in [
        ("kvm7", "kvm7"),
        ("qemu", "kvm7.example"),
        ("+ssh", "true"),
        ("no_verify=1", "true"),
        ("jo+e", "jo e"),
        ("keyfile=", "id"),
        ("/.ssh/id", "id"),
        ("//jo+e", "jo e"),
    ] {
        let found = located.in_file(place(word)).of(file);
        assert_eq!(String::from_utf8_lossy(found), part, "{word}");
    }
    assert!(!located.crosses_pieces(place("kvm7")));
    for word in ["no_verify", "jo+e", "+ssh", "@kvm7", "/.ssh"] {
        assert!(located.crosses_pieces(place(word)), "{word}");
    }
    assert_eq!(located.in_file(Span::empty(0)).of(file), b"kvm7.example");
    let parts = located.all_in_file(place("jo+e@kvm7"));
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.of(file)).collect();
    assert_eq!(parts, [&b"jo"[..], b" ", b"e", b"kvm7"]);
    let (source, places) = located.source(file, &[place("id"), place("kvm7")]);
    assert_eq!(places[0].of(&source), b"id");
    assert_eq!(places[1].of(&source), b"kvm7");
    assert_eq!(located.key.as_deref(), Some("host"));
    assert_eq!(located.span.of(file).first_chunk(), Some(b"true"));
}
