//! URIs by a grammar: mostly what people write, often with one thing wrong.

use crate::chance::Chance;

const DRIVERS: &[&str] = &[
    "xen",
    "lxc",
    "vbox",
    "bhyve",
    "vz",
    "parallels",
    "ch",
    "interface",
    "network",
    "nodedev",
    "nwfilter",
    "secret",
    "storage",
    "test",
    "openvz",
    "vmwareplayer",
    "vmwarews",
    "vmwarefusion",
    "hyperv",
    "remote",
];
const HOST_DRIVERS: &[&str] = &["esx", "gsx", "vpx"];
const NO_DRIVERS: &[&str] = &[
    "kvm",
    "qemux",
    "qemu-kvm",
    "libvirt",
    "vmware",
    "a.b",
    "x",
    "http",
    "QEMU",
    "Qemu",
    "ESX",
    "Test",
    "HyperV",
    "Parallels",
    "VZ",
    "REMOTE",
    "Openvz",
    "qemu_kvm",
    "4qemu",
    "",
];

const TRANSPORTS: &[&str] =
    &["ssh", "ssh", "ssh", "tcp", "tls", "unix", "libssh", "libssh2", "ext"];
const ODD_TRANSPORTS: &[&str] =
    &["SSH", "Tls", "LIBSSH2", "Unix", "", "ssh2", "sshx", "ssh+tls", "udp", "tc", "s.h", "qemu"];

const USERS: &[&str] = &["joe", "root", "joe.doe", "u-1"];
const ODD_USERS: &[&str] = &[
    "",
    "joe%40dom",
    "DOM%5Cjoe",
    "bob:hunter22",
    "bob:",
    ":x",
    "-oProxyCommand=x",
    "a%20b",
    "a%20-b",
    "joe%00x",
    "%00",
    "j%C3%B6rg",
    "a%ffb",
    "$(id)",
    "a%60b",
    "it's",
    "a;b",
    "a%22",
    "%3Cnil%3E",
    "a,b",
    "a%0Ab",
    "joe%",
    "joe%4",
    "a+b",
    "a%7Cb",
    "%2djoe",
];

const HOSTS: &[&str] = &["kvm1.example", "kvm1", "127.0.0.1", "localhost", "192.0.2.7", "[::1]"];
const ODD_HOSTS: &[&str] = &[
    "[2001:db8::7]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[fe80::1%eb]",
    "[127.0.0.1]",
    "[localhost]",
    "[]",
    "[::1",
    "::1]",
    "::1",
    "[a b:c]",
    "[v1.x:y]",
    "[::1]x",
    "[:]",
    "[%3A]",
    "%5B::1%5D",
    "%5B%3A%3A1%5D",
    "system",
    "session",
    "SYSTEM",
    "127.1",
    "0x7f000001",
    "999.1.1.1",
    "-v",
    "--",
    "lo%63alhost",
    "localhost%20",
    "%20",
    "h%00x",
    "%00",
    "%00h",
    "a_b",
    "h%ff",
    "h%2Fx",
    "h%3A22",
    "a'b",
    "$(id)",
    "a,b",
    "kvm1.example.",
    "h%0A",
    "h%",
    "h%zz",
    "j\u{f6}rg",
    "*",
    "%40",
    "a%25b",
    "1.2.3.4.5",
    "256.1.1.1",
    "~h",
    "h;x",
    "(h)",
    "@",
    "h%5Bx",
];

const PORTS: &[&str] = &["22", "2222", "16509", "16514", "1"];
const ODD_PORTS: &[&str] = &[
    "0",
    "00",
    "016509",
    "65535",
    "65536",
    "82045",
    "2147483647",
    "2147483648",
    "4294967296",
    "99999999999999999999",
    "",
    "22x",
    "-1",
    "+22",
    "2 2",
    "%32",
    "22:22",
    "0x16",
];

const PATHS: &[&str] = &["/system", "/system", "/session"];
const ODD_PATHS: &[&str] = &[
    "",
    "/",
    "/default",
    "/Default",
    "/embed",
    "/system/",
    "//system",
    "/System",
    "/session/",
    "/session%2F",
    "/%73ession",
    "/system;x=1",
    "/a%20b",
    "/system%00x",
    "/dc/cluster/host",
    "/dc",
    "///",
    "/a//b",
    "/sy%2Fstem",
    "/%ff",
    "/a:b@c",
    "/!$&'()*+,;=-._~:@",
    "/%5B%5D%7B%7D",
    "/a b",
    "/\"",
    "/%",
    "/%0A",
    "/[x]",
    "/.",
    "/..",
    "/%3F%23",
    "/session#",
    "/\u{e9}",
];

/// Names with values that are right, and values that are not.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const SWITCH: &[&str] = &["1", "0"];
const ODD_SWITCH: &[&str] = &[
    "",
    "yes",
    "true",
    "-1",
    "+1",
    "01",
    "2",
    "%201",
    "1%20",
    "0x1",
    "1.0",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "99999999999999999999",
    "%0A1",
    "+-1",
    "-",
    "%0B1",
    "1%00x",
    "\u{661}",
    "9223372036854775808",
    "-9223372036854775808",
];
const TEXTS: &[&str] = &[
    "",
    "%20",
    "a%20b",
    "it%27s",
    "a%22b",
    "$(id)",
    "%60id%60",
    "a%3Bb",
    "a%26b",
    "a%0Ab",
    "%ff",
    "~/x",
    "x%5Cy",
    "%7Ba,b%7D",
    "a*?",
    "%23",
    "a=b",
    "=",
    "a%00b",
    "%25",
    "-x",
    "@a",
    "!",
    "[x]",
    "a|b",
    "%5B%5D",
    "\u{e9}",
    "a%09b",
    "%5E",
    "a%7Fb",
    "<a>",
    "%3Ca%3E",
];

const ROWS: &[Row] = &[
    (
        "name",
        &["qemu:///system", "qemu%3A%2F%2F%2Fsession"],
        &["", "bogus", "qemu+ssh://other.example/system", "qemu:///system?a=b", "it%27s"],
    ),
    (
        "command",
        &["ssh", "other-ssh", "/run/lab/bin/other-ssh"],
        &["", "nosuch", "/nosuch", "ssh%20-v", "./ssh", "~/ssh", "/", "/etc/passwd"],
    ),
    (
        "socket",
        &["/run/x.sock", "/run/libvirt/libvirt-sock"],
        &[
            "@abstract",
            "rel.sock",
            "/a'b",
            "/nosuch/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ],
    ),
    ("auth", &["sasl", "polkit", "sasl.GSSAPI"], &["none", "SASL"]),
    (
        "sshauth",
        &["agent", "password", "agent,privkey,password,keyboard-interactive", "privkey"],
        &[
            "AGENT,Password",
            "bogus",
            "agent,",
            ",agent",
            "agent,%20password",
            "agent;password",
            ",",
        ],
    ),
    ("netcat", &["nc", "/bin/nc.openbsd"], &["nc%20-U", "/opt/my%20nc"]),
    ("keyfile", &["/k", "/run/lab/home/.ssh/k"], &["~/.ssh/k", "k"]),
    ("pkipath", &["/run/lab/pki", "/nosuch/pki"], &["pki", "~/pki", "/run/lab/pki/"]),
    ("known_hosts", &["/run/lab/known", "/nosuch/known"], &["known"]),
    ("known_hosts_verify", &["normal", "auto", "ignore"], &["Normal", "AUTO", "no", "strict"]),
    ("tls_priority", &["NORMAL", "NORMAL:-VERS-TLS1.0"], &["BOGUS", "NORMAL:-VERS-ALL"]),
    ("mode", &["auto", "legacy", "direct"], &["Direct", "direkt", "AUTO", "direct%20"]),
    ("proxy", &["auto", "netcat", "native"], &["Auto", "nc", "http://p:3128"]),
    ("no_sanity", SWITCH, ODD_SWITCH),
    ("no_verify", SWITCH, ODD_SWITCH),
    ("no_tty", SWITCH, ODD_SWITCH),
    ("authfile", &["/auth.conf"], &["auth.conf"]),
    ("root", &["/nosuch", "/nosuch/a"], &["nosuch", "%2Fnosuch"]),
    ("foo", &["bar"], &["a/b+c", "%C3%A9"]),
    ("no-verify", &["1"], &["yes"]),
    ("knownhosts", &["/k"], &[]),
    ("password", &["hunter22"], &["x"]),
];

/// The same for esx, gsx, vpx and hyperv.
const ESX_ROWS: &[Row] = &[
    ("transport", &["http", "https"], &["ssh", "HTTP", "httpsx"]),
    ("vcenter", &["vc.example", "*"], &["a%20b"]),
    ("no_verify", SWITCH, ODD_SWITCH),
    ("auto_answer", SWITCH, ODD_SWITCH),
    (
        "proxy",
        &[
            "p.example",
            "http://p:3128",
            "socks://p",
            "socks4://p",
            "socks4a://p:1",
            "socks5://p:65535",
        ],
        &[
            "https://p",
            ":1080",
            "socks5://:1080",
            "p:0",
            "p:65536",
            "p:",
            "p:x",
            "HTTP://p",
            "http:/p",
            "p:%201",
            "p:+1",
            "http://",
            "p:1:2",
            "[::1]:80",
            "a://b://c",
            "p:-1",
            "://p",
            "http://p/x",
            "p:01",
        ],
    ),
    ("authfile", &["/auth.conf"], &[]),
    ("foo", &["bar"], &[]),
];

/// One URI.
pub(crate) fn uri(chance: &mut Chance) -> Vec<u8> {
    if chance.percent(6) {
        return short_form(chance).into();
    }
    let host_driver = chance.percent(6);
    let driver = if host_driver {
        chance.pick(HOST_DRIVERS)
    } else {
        chance.weighted(&[(55, &["qemu"]), (30, DRIVERS), (8, NO_DRIVERS)])
    };
    let mut uri = driver.to_owned();
    if chance.percent(if host_driver { 5 } else { 70 }) {
        uri.push('+');
        uri.push_str(chance.weighted(&[(92, TRANSPORTS), (8, ODD_TRANSPORTS)]));
    }
    let local = uri.ends_with("unix") && chance.percent(85);
    uri.push(':');
    if chance.percent(97) {
        uri.push_str("//");
        authority(&mut uri, chance, local);
    }
    uri.push_str(chance.weighted(&[(70, PATHS), (30, ODD_PATHS)]));
    query(&mut uri, chance, if host_driver { ESX_ROWS } else { ROWS });
    if chance.percent(6) {
        uri.push_str(chance.pick(&[
            "#f",
            "#",
            "#a%20b",
            "#[x]",
            "#a?b/c",
            "##",
            "#%ff",
            "#!$&'()*+,;=:@",
            "#a%5Eb",
            "#%00x",
            "#a b",
            "#%",
        ]));
    }
    uri.into()
}

fn authority(uri: &mut String, chance: &mut Chance, local: bool) {
    if chance.percent(if local { 5 } else { 30 }) {
        uri.push_str(chance.weighted(&[(60, USERS), (40, ODD_USERS)]));
        uri.push('@');
    }
    if chance.percent(if local { 5 } else { 72 }) {
        uri.push_str(chance.weighted(&[(65, HOSTS), (35, ODD_HOSTS)]));
    }
    if chance.percent(if local { 5 } else { 20 }) {
        uri.push(':');
        uri.push_str(chance.weighted(&[(60, PORTS), (40, ODD_PORTS)]));
    }
}

fn query(uri: &mut String, chance: &mut Chance, rows: &[Row]) {
    if chance.percent(45) {
        return;
    }
    uri.push('?');
    let separator = chance.weighted(&[(85, &["&"]), (15, &[";", "&amp;", "&&", ";;", "?", "&;"])]);
    for number in 0..chance.pick(&[1, 1, 1, 2, 2, 3, 4]) {
        if number > 0 {
            uri.push_str(if chance.percent(92) { separator } else { chance.pick(&["&", ";"]) });
        }
        parameter(uri, chance, rows);
    }
}

fn parameter(uri: &mut String, chance: &mut Chance, rows: &[Row]) {
    if chance.percent(4) {
        uri.push_str(chance.pick(&[
            "=",
            "=x",
            "",
            "a%26b=c",
            "a%3Db=c",
            "no%00tty=1",
            "%6eo_tty=1",
            "mode%20=auto",
            "%=1",
            "%ff=1",
            "a%20b",
            "+",
            "\u{e9}=1",
            "a%0Ab=c",
            "%00",
            "%00=x",
            "==",
            "a==b",
            "[a]=b",
        ]));
        return;
    }
    let (name, right, wrong) = chance.pick(rows);
    match chance.below(100) {
        0..92 => uri.push_str(name),
        92..96 => uri.push_str(&name.to_uppercase()),
        96 => uri.extend(name.chars().rev()),
        97 => uri.push_str(&name[1..]),
        _ => {
            uri.push_str(&name[..1].to_uppercase());
            uri.push_str(&name[1..]);
        }
    }
    if chance.percent(2) {
        return;
    }
    uri.push('=');
    let lists: &[(usize, &[&str])] = if wrong.is_empty() {
        &[(85, right), (15, TEXTS)]
    } else {
        &[(65, right), (25, wrong), (10, TEXTS)]
    };
    uri.push_str(chance.weighted(lists));
}

/// What is no full URI: words, aliases, relative references, short forms.
fn short_form(chance: &mut Chance) -> &'static str {
    chance.pick(&[
        "",
        "",
        "xen",
        "XEN",
        "Xen",
        "xen://",
        "xen:///",
        "XEN://",
        "qemu",
        "system",
        "localhost",
        "kvm1",
        "kvm2",
        "kvm3",
        "KVM1",
        "kvm1/system",
        "kvm1?no_tty=1",
        "/system",
        "//kvm1.example/system",
        "qemu:/system",
        "qemu:system",
        "qemu:",
        "qemu+ssh:",
        "qemu+ssh:/kvm1.example/system",
        "qemu+ssh:kvm1.example/system",
        "qemu+ssh//kvm1.example/system",
        "localhost:16509",
        "127.0.0.1:16509",
        "kvm1.example:16514/system",
        "://kvm1.example/system",
        "qemu://system",
        "qemu://session",
        "vbox://session",
        "vz://system",
        "lxc://system",
        "xen://system",
        "qemu+ssh://system",
        "qemu://joe@system:22/x?y",
        "qemu://system?a=b",
        "test:///default",
        "test:///default?no_tty=bad",
        "test:///nosuch.xml",
        "test:///",
        "test://",
        "test:default",
        "test://kvm1.example/default",
        "test+unix:///default",
        "test+ssh://kvm1.example/default",
        "openvz:///system",
        "openvz:///session",
        "vmwarews:///session",
        "vmwareplayer:///system",
        "qemu:///embed?root=/nosuch",
        "qemu:///embed",
        "qemu:///embed?root=nosuch",
        "qemu:///embed?Root=/nosuch",
        "qemu+unix:///embed?root=/nosuch",
        "QEMU:///embed?root=/nosuch",
        "lxc:///embed?root=/nosuch",
        "secret:///embed?root=/nosuch",
        "test:///embed?root=/nosuch",
        "qemu+tcp://kvm1.example/embed?root=/nosuch",
        "qemu:///embed?root=/nosuch&root=x",
        "?",
        "#",
        "%",
        " ",
        "-",
        "--",
        "-c",
        "qemu:///system ",
        " qemu:///system",
        "\"qemu:///system\"",
        "qemu:///system\n",
        "qemu:\\\\\\system",
        "?a=b",
        "#f",
        "a?b",
        "a#b",
        "a/b:c",
        ".:a",
        "a%20b",
        "remote:///",
        "remote+tcp://kvm1.example/",
        "remote+ssh://kvm1.example/system",
        "remote://kvm1.example/",
        "esx://",
        "vpx://kvm1.example/",
        "hyperv://kvm1.example/",
        "hyperv:///",
        "HYPERV://kvm1.example/",
        "esx+ssh://kvm1.example/",
        "parallels:///system",
        "qemu+libssh://a%5Cb@kvm1/system?known_hosts_verify=no",
        "qemu+libssh://joe@a_b/system?known_hosts_verify=no",
        "qemu+libssh://joe@a_b/system?sshauth=bogus",
        "qemu+libssh://kvm1/system?known_hosts=&sshauth=bogus",
        "vpx://joe@192.0.2.1/dc/cluster",
        "vpx://joe@192.0.2.1//",
        "gsx://192.0.2.1/x",
    ])
}
