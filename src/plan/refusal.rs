//! Why a client refuses a URI before it touches anything, in its own words.
//!
//! Source: libvirt 9.0.0 and 11.3.0; the prefixes are those of the error codes
//! in `src/util/virerror.c`.

use bstr::BString;

use crate::settings::{ConfError, ConfErrorKind, MalformedAlias};
use crate::tables::transports::Transport;

/// A refusal, by what it is about. Text from the URI is as the client quotes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// libvirt.conf exists but cannot be opened.
    ConfUnreadable {
        /// The file.
        path: String,
        /// The system's words.
        why: String,
    },
    /// libvirt.conf is not what libvirt expects.
    Conf {
        /// The file.
        path: String,
        /// Where and what.
        error: ConfError,
    },
    /// An entry of `uri_aliases` is no `name=uri`.
    Alias(MalformedAlias),
    /// libxml2 cannot read it.
    Unparseable(BString),
    /// There is no scheme. The text is what the caller gave, or none.
    NoDriver(Option<BString>),
    /// `qemu://system`.
    MissingSlash {
        /// The URI.
        uri: BString,
        /// Its scheme.
        driver: BString,
        /// Its host, a path word.
        host: BString,
    },
    /// `/embed` with a transport or an upper-case driver.
    EmbedScheme(BString),
    /// `/embed` without `root`.
    EmbedWithoutRoot,
    /// `/embed` with a `root` that is not absolute.
    EmbedRelativeRoot,
    /// `/embed` of a driver that cannot be embedded. The text is what the caller gave.
    NotEmbeddable(Option<BString>),
    /// The distribution left the driver out.
    BuiltWithout(BString),
    /// A driver that needs a host has none.
    NoHost,
    /// The word after `+` is no transport.
    UnknownTransport,
    /// `unix` with a host.
    UnixWithHost(BString),
    /// A switch whose value is no integer.
    Switch(BString),
    /// `mode` is none of its words.
    Mode(BString),
    /// `proxy` is none of its words.
    Proxy(BString),
    /// `ext` without `command`.
    ExtWithoutCommand,
    /// `mode=direct` over ssh.
    DirectMode(Transport),
    /// `mode=direct` without a URI.
    DirectWithoutUri {
        /// Whether the client has the long text.
        long: bool,
    },
    /// `netcat` with `proxy=native`.
    NetcatWithNative,
    /// `known_hosts_verify` is none of its words.
    HostKeyVerification(BString),
    /// libssh does not take the user, the host or the name of the file of known
    /// hosts, and libvirt does not say so.
    LibsshOption,
    /// A word of `sshauth` is none.
    SshAuthMethod(BString),
    /// `sshauth=privkey` without any key file.
    NoKeyFile {
        /// Which library says it.
        transport: Transport,
        /// Whether the client's text names the user too.
        with_user: bool,
    },
    /// The test driver without a path.
    TestWithoutPath,
    /// A path that OpenVZ does not open.
    OpenvzPath(BString),
    /// A path that VMware does not open.
    VmwarePath(BString),
    /// A vCenter without datacenter and compute resource.
    VpxPath,
    /// `transport` of hyperv is none of its words.
    HypervTransport(BString),
    /// A value on which the client dies of SIGSEGV (esx, gsx, vpx).
    EsxParameter(&'static str),
    /// What a client written in Go says, whole.
    Go(GoRefusal),
}

/// What the refusal of a client written in Go is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoRefusal {
    /// Its words.
    pub text: BString,
    /// The part of the URI.
    pub about: GoPart,
}

/// The part of a URI that a client written in Go refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoPart {
    /// `net/url` cannot read it.
    Syntax,
    /// It does not have the driver.
    Driver,
    /// It does not have the transport.
    Transport,
    /// The transport needs a host.
    Host,
    /// A parameter that it refuses.
    Parameter(&'static str),
}

/// The sentence of libvirt 11.x when it has no URI and finds no socket.
const LONG_NO_URI: &str = "No URI is provided and cannot identify any listening daemon socket path to attempt \
     to connect to. Please ensure the expected daemon sockets are active and/or provide an explicit URI. For more \
     information see https://libvirt.org/kbase/failed_connection_after_install.html";

impl Refusal {
    /// What the client prints, prefix included.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table of texts, a row each")]
    pub fn text(&self) -> BString {
        let parts: &[&[u8]] = match self {
            Self::ConfUnreadable { path, why } => {
                &[b"Failed to open file '", path.as_bytes(), b"': ", why.as_bytes()]
            }
            Self::Conf { path, error } => return conf_text(path, error),
            Self::Alias(MalformedAlias { entry, no_equals: true }) => &[
                b"configuration file syntax error: Malformed 'uri_aliases' config entry '",
                entry,
                b"', expected 'alias=uri://host/path'",
            ],
            Self::Alias(MalformedAlias { entry, no_equals: false }) => &[
                b"configuration file syntax error: Malformed 'uri_aliases' config entry '",
                entry,
                b"', aliases may only contain 'a-Z, 0-9, _, -'",
            ],
            Self::Unparseable(uri) => &[b"internal error: Unable to parse URI ", uri],
            Self::NoDriver(typed) => &[
                b"no connection driver available for URI '",
                typed.as_ref().map_or(b"(null)", |typed| typed.as_slice()),
                b"' does not include a driver name",
            ],
            Self::MissingSlash { uri, driver, host } => &[
                b"internal error: invalid URI ",
                uri,
                b" (maybe you want ",
                driver,
                b":///",
                host,
                b")",
            ],
            Self::EmbedScheme(scheme) => &[
                b"no connection driver available for URI scheme '",
                scheme,
                b"' for embedded driver is not valid",
            ],
            Self::EmbedWithoutRoot => &[b"invalid argument: Missing URI parameter 'root'"],
            Self::EmbedRelativeRoot => &[b"unsupported configuration: root path must be absolute"],
            Self::NotEmbeddable(typed) => &[
                b"no connection driver available for ",
                typed.as_ref().map_or(b"<null>", |typed| typed.as_slice()),
            ],
            Self::BuiltWithout(driver) => &[
                b"unsupported configuration: libvirt was built without the '",
                driver,
                b"' driver",
            ],
            Self::NoHost => &[b"invalid argument: URI is missing the server part"],
            Self::UnknownTransport => {
                &[b"invalid argument: remote_open: transport in URL not recognised (should be \
                  tls|unix|ssh|ext|tcp|libssh2|libssh)"]
            }
            Self::UnixWithHost(host) => &[
                b"invalid argument: using unix socket and remote server '",
                host,
                b"' is not supported.",
            ],
            Self::Switch(name) => {
                &[b"invalid argument: Failed to parse value of URI component ", name]
            }
            Self::Mode(value) => &[b"invalid argument: Unknown remote mode '", value, b"'"],
            // The misspelling is libvirt's own.
            Self::Proxy(value) => &[b"invalid argument: Unnkown proxy type '", value, b"'"],
            Self::ExtWithoutCommand => {
                &[b"invalid argument: remote_open: for 'ext' transport, command is required"]
            }
            Self::DirectMode(transport) => &[
                b"Operation not supported: Cannot use direct socket mode for ",
                transport.name().as_bytes(),
                b" transport",
            ],
            Self::DirectWithoutUri { long: true } => {
                &[b"Operation not supported: ", LONG_NO_URI.as_bytes()]
            }
            Self::DirectWithoutUri { long: false } => {
                &[b"Operation not supported: Cannot use direct socket mode if no URI is set"]
            }
            Self::NetcatWithNative => {
                &[b"invalid argument: netcat path not valid with native proxy mode"]
            }
            Self::HostKeyVerification(value) => {
                &[b"invalid argument: Invalid host key verification method: '", value, b"'"]
            }
            Self::LibsshOption => &[b"An error occurred, but the cause is unknown"],
            Self::SshAuthMethod(word) => {
                &[b"invalid argument: Invalid authentication method: '", word, b"'"]
            }
            Self::NoKeyFile { transport, with_user } => &[
                if *transport == Transport::Libssh {
                    b"libssh transport error: "
                } else {
                    b"SSH transport error: "
                },
                if *with_user { b"Username and key file path" } else { b"Key file path" },
                b" must be provided for private key authentication",
            ],
            Self::TestWithoutPath => {
                &[b"invalid argument: testOpen: supply a path or use test:///default"]
            }
            Self::OpenvzPath(path) => {
                &[b"internal error: unexpected OpenVZ URI path '", path, b"', try openvz:///system"]
            }
            Self::VmwarePath(path) => &[
                b"internal error: unexpected VMware URI path '",
                path,
                b"', try vmwareplayer:///session, vmwarews:///session or vmwarefusion:///session",
            ],
            Self::VpxPath => {
                &[b"invalid argument: Path has to specify the datacenter and compute resource"]
            }
            Self::HypervTransport(value) => &[
                b"invalid argument: Query parameter 'transport' has unexpected value '",
                value,
                b"' (should be http|https)",
            ],
            // It prints nothing.
            Self::EsxParameter(_) => &[],
            Self::Go(GoRefusal { text, .. }) => &[text],
        };
        BString::from(parts.concat())
    }
}

fn conf_text(path: &str, error: &ConfError) -> BString {
    let prefix = match error.kind {
        ConfErrorKind::Syntax(_) | ConfErrorKind::ListOfOthers(_) => {
            "configuration file syntax error: "
        }
        ConfErrorKind::Overflow => "numerical overflow: ",
        ConfErrorKind::NotAString(_) | ConfErrorKind::NotAStringList(_) => "internal error: ",
    };
    let place = error.line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
    BString::from(format!("{prefix}{place}: {}", error.kind.text()))
}
