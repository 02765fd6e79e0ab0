//! The settings under which a URI is read: who asks, which sockets exist, what
//! libvirt.conf and the environment say.

/// What differs from an empty machine.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    /// How many of a hundred URIs are read here, about.
    pub(crate) weight: usize,
    pub(crate) readonly: bool,
    /// The text of libvirt.conf.
    pub(crate) conf: Option<&'static str>,
    /// Files that exist: system sockets, the user's sockets, keys.
    pub(crate) files: &'static [&'static str],
    /// Whether CA certificates are where root and users have them.
    pub(crate) certificates: bool,
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// URIs for whose sake it is there; none: any.
    pub(crate) own: &'static [&'static str],
}

const EMPTY: Room = Room {
    name: "empty",
    weight: 30,
    readonly: false,
    conf: None,
    files: &[],
    certificates: false,
    environment: &[("XDG_RUNTIME_DIR", "/run/lab/user")],
    own: &[],
};

/// URIs whose socket depends on what there is.
const SOCKETS: &[&str] = &[
    "",
    "qemu:///system",
    "qemu:///session",
    "xen:///",
    "vbox:///session",
    "test+unix:///default",
    "qemu+unix:///system?mode=direct",
    "qemu:///session?mode=legacy",
    "qemux:///session",
    "remote:///",
    "qemu:///session?mode=direct",
    "qemu+ssh://kvm1.example/session",
    "ch:///session",
    "test:///default",
];

pub(crate) const ROOMS: &[Room] = &[
    EMPTY,
    Room { name: "readonly", weight: 8, readonly: true, ..EMPTY },
    Room {
        name: "modular",
        weight: 8,
        files: &[
            "/run/libvirt/virtqemud-sock",
            "/run/libvirt/virtxend-sock",
            "/run/lab/user/libvirt/virtqemud-sock",
            "/run/lab/user/libvirt/virtvboxd-sock",
        ],
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "modular-readonly",
        weight: 4,
        readonly: true,
        files: &["/run/libvirt/virtqemud-sock-ro", "/run/lab/user/libvirt/virtqemud-sock"],
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "monolithic",
        weight: 6,
        files: &[
            "/run/libvirt/libvirt-sock",
            "/run/libvirt/libvirt-sock-ro",
            "/run/lab/user/libvirt/libvirt-sock",
        ],
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "both",
        weight: 4,
        files: &[
            "/run/libvirt/libvirt-sock",
            "/run/libvirt/virtqemud-sock",
            "/run/lab/user/libvirt/libvirt-sock",
            "/run/lab/user/libvirt/virtqemud-sock",
        ],
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "aliases",
        weight: 8,
        conf: Some(
            "uri_aliases = [\n  \"kvm1=qemu+ssh://joe@kvm1.example/system\",\n  'kvm2=kvm1',\n]\nuri_default = \"kvm2\"\nremote_proxy = \"netcat\"\ntls_priority = \"NORMAL\"\n",
        ),
        own: &["", "kvm1", "kvm2", "kvm3", "KVM1", "kvm1/system"],
        ..EMPTY
    },
    Room {
        name: "legacy-mode",
        weight: 3,
        conf: Some("remote_mode = 'legacy'\n"),
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "direct-mode",
        weight: 4,
        conf: Some("remote_mode = 'direct'\n"),
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "wrong-words",
        weight: 2,
        conf: Some("remote_mode = 'Direct'\nremote_proxy = 'nc'\n"),
        ..EMPTY
    },
    Room {
        name: "wrong-kinds",
        weight: 2,
        conf: Some("remote_proxy = 1\nuri_default = [ 'a' ]\n"),
        ..EMPTY
    },
    Room {
        name: "wrong-alias",
        weight: 3,
        conf: Some("uri_aliases = [ 'kvm1=qemu:///system', 'kvm.1=qemu:///system' ]\n"),
        ..EMPTY
    },
    Room { name: "wrong-syntax", weight: 1, conf: Some("# none\nremote_mode = auto\n"), ..EMPTY },
    Room {
        name: "certificates",
        weight: 8,
        certificates: true,
        files: &["/run/lab/home/.ssh/id_ed25519", "/run/lab/home/.ssh/id_rsa"],
        own: &[
            "qemu+tls://kvm1.example/system?no_sanity=1",
            "qemu+tls://localhost/session?no_sanity=1&pkipath=/run/lab/pki",
            "qemu://127.0.0.1/system?pkipath=/run/lab/pki&tls_priority=BOGUS",
            "qemu://127.0.0.1:1/system",
            "qemu+libssh://127.0.0.1/system?sshauth=privkey",
            "qemu+libssh2://127.0.0.1/system?sshauth=agent,privkey",
        ],
        ..EMPTY
    },
    Room {
        name: "no-autostart",
        weight: 3,
        environment: &[("XDG_RUNTIME_DIR", "/run/lab/user"), ("LIBVIRT_AUTOSTART", "0")],
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "no-runtime-folder",
        weight: 3,
        environment: &[("XDG_RUNTIME_DIR", ""), ("XDG_CONFIG_HOME", "/run/lab/config")],
        own: SOCKETS,
        ..EMPTY
    },
    Room {
        name: "default-uri",
        weight: 3,
        conf: Some("uri_default = 'qemu:///session'\n"),
        environment: &[("LIBVIRT_DEFAULT_URI", "nothing"), ("XDG_RUNTIME_DIR", "/run/lab/user/")],
        own: &[""],
        ..EMPTY
    },
    Room {
        name: "virsh-default-uri",
        weight: 2,
        environment: &[
            ("VIRSH_DEFAULT_CONNECT_URI", "remote"),
            ("LIBVIRT_DEFAULT_URI", "qemu:///system"),
        ],
        own: &[""],
        ..EMPTY
    },
];

impl Room {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ROOMS.iter().find(|room| room.name == name)
    }
}
