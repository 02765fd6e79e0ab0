//! A placeholder stands for any text: whatever is found in spite of one must be found
//! in every URI that it may become.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Levels, Subject};
use crate::finding::RuleId;
use crate::inventory::{Dialect, scan};
use crate::settings::Machine;
use crate::tables::clients::{Client, Family};
use crate::text::Span;
use crate::uri::{HOLE, Uri};

/// URIs of many shapes. What is found in them may be found with a placeholder in the
/// place of any part too, and nothing else may.
const URIS: [&str; 24] = [
    "qemu:///system",
    "qemu:///session",
    "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
    "qemu+ssh://joe@kvm1.example/system",
    "qemu+ssh://joe@kvm1.example:2222/system?keyfile=/keys/id&no_tty=1&mode=direct",
    "qemu+ssh://kvm1.example/session?command=/usr/bin/ssh&netcat=/bin/nc&proxy=netcat",
    "qemu+ssh://[2001:db8::7]:22/system",
    "qemu+tls://kvm1.example/system?pkipath=/etc/pki/kvm1&no_sanity=0",
    "qemu+tls://kvm1.example:16514/system?tls_priority=NORMAL",
    "qemu+tcp://127.0.0.1:16509/system?auth=sasl.GSSAPI",
    "qemu+libssh2://joe@kvm1.example/system?known_hosts=/k/h&sshauth=agent,privkey&keyfile=/k/i",
    "qemu+libssh://joe@kvm1.example/system?known_hosts_verify=normal&sshauth=agent",
    "qemu+ext://kvm1.example/system?command=/usr/bin/connect",
    "qemu:///embed?root=/var/lib/embed",
    "test:///default",
    "test:///etc/node.xml",
    "xen:///system",
    "lxc:///system",
    "vbox:///session",
    "esx://root@esx.example/?no_verify=1&auto_answer=1&transport=https",
    "vpx://admin@vcenter.example/Datacenter/Cluster/esx.example",
    "bhyve:///system",
    "ch:///system",
    "qemu+ssh://joe@kvm1.example/?name=qemu:///system",
];

fn found(uri: &[u8], client: Client) -> BTreeSet<RuleId> {
    let machine = Machine::fixed("2026-01-01".into());
    let subject = Subject::of_file(uri, client, &machine);
    subject.lint(&Levels::default()).findings.iter().map(|finding| finding.rule).collect()
}

/// The places that a placeholder is likely to stand in the place of: the beginning or the
/// end of a part, or nothing in it; some parts together; all from the beginning of a part.
fn places(text: &str) -> BTreeSet<(u32, u32)> {
    let uri = Uri::parse(text.as_bytes()).unwrap();
    let end = Span::empty(text.len()).end;
    let parameters = || uri.parameters();
    let mut parts: Vec<Span> = [
        uri.driver_span(),
        uri.transport_span(),
        uri.user_span(),
        uri.host_span().filter(|host| !text[host.range()].starts_with('[')),
        uri.port().map(|port| port.span),
        uri.query_span(),
    ]
    .into_iter()
    .flatten()
    .chain(parameters().map(|parameter| parameter.name_span))
    .chain(parameters().filter_map(|parameter| parameter.value_span))
    .collect();
    let path = uri.path_span();
    parts.push(Span::new((path.start as usize + 1).min(path.end as usize), path.end as usize));
    let mut places = BTreeSet::new();
    for part in &parts {
        places.insert((part.start, end));
        for at in part.start..=part.end {
            places.extend([(part.start, at), (at, at), (at, part.end)]);
        }
    }
    let whole = |from: Option<Span>, to: Option<Span>| Some((from?.start, to?.end));
    let port = uri.port().map(|port| port.span);
    places.extend(whole(uri.scheme_span(), uri.scheme_span()));
    places.extend(whole(uri.user_span(), uri.host_span()));
    places.extend(whole(uri.host_span(), port));
    places.extend(whole(uri.user_span(), port));
    places.extend(parameters().map(|parameter| (parameter.section.start, parameter.section.end)));
    // `[address]${port:+:$port}`
    places.extend(uri.host_span().map(|host| (host.end, path.start)));
    places
}

#[test]
fn nothing_is_found_in_what_a_placeholder_stands_for() {
    let mut wrong = BTreeSet::new();
    for client in [Client::LIBVIRT, Client::newest(Family::Terraform)] {
        for uri in URIS {
            let whole = found(uri.as_bytes(), client);
            for (start, end) in places(uri) {
                let (before, after) =
                    (&uri.as_bytes()[..start as usize], &uri.as_bytes()[end as usize..]);
                let templated = [before, &[HOLE], after].concat();
                for rule in found(&templated, client).difference(&whole) {
                    let text = String::from_utf8_lossy(&templated).replace('\u{1a}', "…");
                    wrong.insert((rule.name(), client.to_string(), text));
                }
            }
        }
    }
    let shown: Vec<String> =
        wrong.iter().map(|(rule, client, text)| format!("{rule}: {text} ({client})")).collect();
    assert!(shown.is_empty(), "{} of them:\n{}", shown.len(), shown.join("\n"));
}

#[test]
fn every_syntax_of_placeholders_is_read() {
    for (name, line, uri) in [
        ("a.yml", "x: \"qemu+ssh://{{ u | default('root') }}@{{ h }}/system\"", "…@…"),
        ("a.yml", "x: \"qemu+{{ 'ssh' if a == 'b' else 'tls' }}://h.example/system\"", "+…:"),
        ("a.yml", "x: qemu+ssh://{{{host}}}/system", "//…/"),
        ("a.yaml", "x: qemu+ssh://{{.Values.user}}@{{ .Values.host }}:{{.port}}/system", "…@…:…"),
        ("a.yml", "x: qemu+ssh://${{ secrets.USER }}@$(host)/system", "…@…"),
        ("a.yml", "x: qemu+ssh://#{user}@#{host}/system", "…@…"),
        ("a.yml", "x: qemu+ssh://root@<FQDN or IP>/system", "@…/"),
        ("a.yml", "x: \"qemu+ssh://<USER@IP>/system\"", "//…/"),
        ("a.yml", "x: qemu+ssh://[user@]host[:port]/system", "//…host…/"),
        ("a.yml", "x: qemu+ssh://root@[hostname/IP]/system", "@…/"),
        (
            "a.yml",
            "x: qemu+ssh://joe@h.example:__PORT__/system?keyfile=__KEY__",
            ":…/system?keyfile=…",
        ),
        ("a.yml", "x: qemu+ssh://@@host@@/system", "//…/"),
        ("a.in", "x=qemu+ssh://h.example/system?keyfile=@builddir@/id", "=…/id"),
        ("a.cfg", "x = qemu+ssh://%HOST%/system", "//…/"),
        ("a.service", "Environment=X=qemu+ssh://%i/system", "//…/"),
        (
            "nova.conf.erb",
            "x = qemu+tls://%s.<%= scope(\"::a\") %>.example/system",
            "//….….example",
        ),
        (
            "a.tf",
            "x = \"qemu+ssh://${var.a[\"b\"]}/system?keyfile=${pathexpand(\"~\")}/id\"",
            "//…/system?keyfile=…/id",
        ),
        ("a.tf", "x = \"qemu+ssh://${try(a[\"b\"], c[\"d\"])}/system\"", "//…/"),
        (
            "a.tf",
            "x = format(\"qemu+ssh://%s@%s/system?keyfile=%s\", a, b, c)",
            "…@…/system?keyfile=…",
        ),
        ("a.sh", "X=qemu+ssh://${u:+${u}@}${h}${p:+:${p}}/system", "//………/"),
        ("a.sh", "virsh -c qemu+ssh://\"$U\"@\"$H\":\"$P\"/system list", "…@…:…"),
        ("a.sh", "X=qemu+ssh://$1/system", "//…/"),
        ("a.sh", "X=qemu+ssh://${H[${I}]}/system", "//…/"),
        ("a.sh", "virsh -c qemu+ssh://root@$(hostname -f)/system", "@…/"),
        ("a.sh", "virsh -c qemu+ssh://root@`hostname`/system", "@…/"),
        ("Makefile", "X ?= qemu+ssh://$(HOST)/system", "//…/"),
        ("Makefile", "\tvirsh -c qemu+ssh://$$HOST/system", "//…/"),
        ("a.ps1", "$x = \"qemu+ssh://$($env:USER)@$env:HOST/system\"", "…@…"),
        ("a.py", "x = 'qemu+%s://%s:%d/system?no_tty=1%s' % a", "+…://…:…/system?no_tty=1…"),
        ("a.py", "x = 'qemu+ssh://%(user)s@%(host)s:%(port)d/system'", "…@…:…"),
        ("a.py", "x = f\"qemu+ssh://{self.user}@{h!s}:{p:d}/{d['k']}\"", "…@…:…/…"),
        ("a.py", "x = 'qemu+ssh://{}@{0}/system'.format(a)", "…@…"),
        ("a.py", "x = 'qemu+ssh://root@' + host", "@…"),
        ("a.rb", "x = \"qemu+ssh://#{user}@h.example/system\"", "//…@h"),
        ("a.go", "x := fmt.Sprintf(\"qemu+ssh://%v@%q:%v/system\", a, b, c)", "…@…:…"),
        ("a.c", "snprintf(u, n, \"qemu+ssh://%s:%lu/system\", h, p);", "//…:…/"),
        ("a.js", "const x = `qemu+ssh://${user}@${host}/system`;", "…@…"),
        ("a.scala", "val x = s\"qemu+ssh://joe@$host/system\"", "joe@…/"),
        ("a.pp", "$x = \"qemu+${t}://${p}%s${s}/system${e}\"", "+…://………/system…"),
        ("a.nix", "x = \"qemu+ssh://${a.b.c}/system\";", "//…/"),
        ("a.rs", "let x = format!(\"qemu+ssh://{host}:{port}/system\");", "//…:…/"),
        ("a.properties", "x=qemu+ssh://${user:root}@${host:h}/system", "…@…"),
        ("a.md.yml", "x: qemu+ssh://.../system", "//…/"),
    ] {
        let uris = scan(line.as_bytes(), Dialect::of(Path::new(name))).found;
        let [located] = &uris[..] else { panic!("{name}: {line}: {} URIs", uris.len()) };
        let text = String::from_utf8_lossy(&located.text).replace('\u{1a}', "…");
        assert!(text.contains(uri), "{name}: {line}: {text}");
        assert_eq!(found(&located.text, Client::LIBVIRT), BTreeSet::new(), "{name}: {line}");
    }
}
