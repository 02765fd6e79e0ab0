//! What was said in libvirt's own protocol, over the plan's own way.

use serde::{Deserialize, Serialize};

use super::auth_conf::AuthConf;

/// The hop `daemon`: AUTH_LIST, and what follows where a login is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Daemon {
    pub(crate) duration_ms: f64,
    pub(crate) way: Way,
    pub(crate) outcome: RpcOutcome,
    /// The mechanisms of SASL, where that is asked for.
    pub(crate) mechanisms: Option<Reply<Vec<String>>>,
    /// The plugins of SASL on this machine, where their folder was found: `digestmd5`, ...
    pub(crate) plugins_here: Option<Vec<String>>,
    /// The client's own file of names and passwords, where SASL is asked for.
    pub(crate) auth_conf: Option<AuthConf>,
    /// What polkit says, where that is asked for.
    pub(crate) polkit: Option<Polkit>,
}

/// What polkit says of the client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Polkit {
    /// Asked on this machine, without the daemon.
    pub(crate) permission: Permission,
    /// What the daemon answered, where it was asked: where no person can be.
    pub(crate) reply: Option<Reply<()>>,
}

/// What polkit would answer at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Permission {
    /// Yes.
    Granted,
    /// No, and no password helps.
    Denied,
    /// A person would be asked for a password.
    AfterQuestion,
    /// Nobody tells.
    #[default]
    Unknown,
}

/// The hop `driver`: what came of CONNECT_OPEN, for reading only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Opening {
    pub(crate) duration_ms: f64,
    /// The name that was to be opened. Empty: the server's own choice.
    pub(crate) name: String,
    pub(crate) outcome: Reply<Opened>,
}

/// What the server opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Opened {
    /// What the driver calls itself: `QEMU`, `TEST`, ...
    pub(crate) driver: Option<String>,
    /// The version of the server's libvirt.
    pub(crate) libvirt: Option<String>,
    /// The URI, where the choice was the server's.
    pub(crate) uri: Option<String>,
}

/// The way on which the daemon was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    #[default]
    Unix,
    Tcp,
    Tls,
    Ssh,
}

/// What came back to a question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply<T> {
    /// The answer.
    Answered(T),
    /// libvirt, with an error.
    Error(RpcError),
    /// Nothing, and the connection stays open.
    #[default]
    Silent,
    /// The connection was closed.
    Closed,
    /// The connection was reset: the other side had not read what we sent.
    Reset,
    /// Something else spoke. Its first bytes.
    NotLibvirt(String),
    /// It begins as libvirt's packets do, and is none that libvirt would send. Why.
    Garbled(String),
}

/// What came back to AUTH_LIST.
pub(crate) type RpcOutcome = Reply<Vec<AuthType>>;

/// An error of the server's libvirt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RpcError {
    /// `virErrorNumber`.
    pub(crate) code: i32,
    /// `virErrorDomain`.
    pub(crate) domain: i32,
    /// What the client prints.
    pub(crate) message: String,
}

impl RpcError {
    /// `VIR_ERR_NO_CONNECT`.
    pub(crate) const NO_CONNECT: i32 = 5;
    /// `VIR_ERR_ACCESS_DENIED`.
    pub(crate) const ACCESS_DENIED: i32 = 88;
    /// `VIR_FROM_ACCESS`: the part that decides who may.
    pub(crate) const FROM_ACCESS: i32 = 55;
    /// `VIR_FROM_POLKIT`.
    pub(crate) const FROM_POLKIT: i32 = 60;
    /// `VIR_ERR_AUTH_CANCELLED`: a person was asked, and did not want to.
    pub(crate) const AUTH_CANCELLED: i32 = 79;
    /// `VIR_ERR_AUTH_UNAVAILABLE`: a person should be asked, and nobody is there.
    pub(crate) const AUTH_UNAVAILABLE: i32 = 94;
}

/// What the daemon wants before it opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AuthType {
    None,
    Sasl,
    Polkit,
    Unknown(i32),
}

impl AuthType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sasl => "sasl",
            Self::Polkit => "polkit",
            Self::Unknown(_) => "unknown",
        }
    }

    pub(crate) const fn numbered(number: i32) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Sasl,
            2 => Self::Polkit,
            other => Self::Unknown(other),
        }
    }
}

/// What the client does about the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// It goes on without.
    None,
    Sasl,
    Polkit,
    /// It gives up, with these words.
    Refused(String),
    /// It logs in by SASL, with what auth.conf has for it.
    ByFile,
    /// Its own file of credentials makes it give up, with these words.
    BadFile(String),
    /// Polkit does not let it in, and no password helps. The daemon's words.
    Denied(String),
}

impl Daemon {
    pub(crate) fn answered(&self) -> Option<&[AuthType]> {
        self.outcome.answer().map(Vec::as_slice)
    }

    /// What came in the place of SASL's mechanisms, where that is asked for and
    /// cannot be had: no password helps.
    pub(crate) fn without_mechanisms(&self) -> Option<&Reply<Vec<String>>> {
        self.mechanisms.as_ref().filter(|reply| reply.answer().is_none())
    }

    /// The mechanisms that the server takes, where no plugin here knows any of them.
    pub(crate) fn without_plugin(&self) -> Option<&[String]> {
        let offered = self.mechanisms.as_ref()?.answer()?;
        let here = self.plugins_here.as_ref()?;
        let is_known = |mechanism: &String| {
            let plugin = plugin_of(mechanism);
            plugin.is_none_or(|plugin| here.iter().any(|one| one == plugin))
        };
        (!offered.is_empty() && !offered.iter().any(is_known)).then_some(offered)
    }

    /// Whether a name and a password are asked for: Kerberos needs a ticket instead.
    pub(crate) fn wants_a_password(&self) -> bool {
        let offered = self.mechanisms.as_ref().and_then(Reply::answer);
        offered.is_none_or(|names| !names.iter().all(|name| name.starts_with("GSS")))
    }

    /// What the client does with the answer, if there is one.
    pub(crate) fn login(&self, wanted: Option<&[u8]>) -> Option<Login> {
        let login = Login::choose(self.answered()?, wanted);
        Some(match login {
            Login::Polkit => self.polkit.as_ref().map_or(login, Polkit::login),
            Login::Sasl => self.auth_conf.as_ref().map_or(login, AuthConf::login),
            _ => login,
        })
    }
}

impl Polkit {
    /// What it comes to for the client.
    fn login(&self) -> Login {
        match &self.reply {
            Some(Reply::Answered(())) => Login::None,
            Some(Reply::Error(error)) if !error.wants_a_person() => {
                Login::Denied(error.message.clone())
            }
            None if self.permission == Permission::Denied => {
                Login::Denied("authentication failed: access denied by policy".to_owned())
            }
            _ => Login::Polkit,
        }
    }

    /// Whether a person would have to give a password.
    pub(crate) fn wants_a_person(&self) -> bool {
        let said = self.reply.as_ref().and_then(Reply::error);
        self.permission == Permission::AfterQuestion || said.is_some_and(RpcError::wants_a_person)
    }
}

impl RpcError {
    fn wants_a_person(&self) -> bool {
        [Self::AUTH_CANCELLED, Self::AUTH_UNAVAILABLE].contains(&self.code)
    }
}

/// The plugin of Cyrus SASL for a mechanism; none where the library itself knows it, or
/// we do not know.
fn plugin_of(mechanism: &str) -> Option<&'static str> {
    Some(match mechanism {
        "ANONYMOUS" => "anonymous",
        "CRAM-MD5" => "crammd5",
        "DIGEST-MD5" => "digestmd5",
        "LOGIN" => "login",
        "NTLM" => "ntlm",
        "PLAIN" => "plain",
        "GSSAPI" | "GSS-SPNEGO" => "gssapiv2",
        scram if scram.starts_with("SCRAM-") => "scram",
        _ => return None,
    })
}

impl Login {
    /// Whether it ends here, whatever a person would say.
    pub(crate) const fn is_end(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::BadFile(_) | Self::Denied(_))
    }

    /// The client takes the first type that is offered, or the one that `auth` wants.
    ///
    /// Source: `remoteAuthenticate` in `src/remote/remote_driver.c`.
    pub(crate) fn choose(offered: &[AuthType], wanted: Option<&[u8]>) -> Self {
        let Some(first) = offered.first() else { return Self::None };
        let chosen = match wanted {
            None => *first,
            Some(wanted) => {
                let shown = String::from_utf8_lossy(wanted);
                let begins = |word: &[u8]| {
                    wanted.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
                };
                let kind = match () {
                    () if wanted.eq_ignore_ascii_case(b"sasl") || begins(b"sasl.") => {
                        AuthType::Sasl
                    }
                    () if wanted.eq_ignore_ascii_case(b"polkit") => AuthType::Polkit,
                    () => {
                        return Self::Refused(format!(
                            "authentication failed: unknown authentication type {shown}"
                        ));
                    }
                };
                if !offered.contains(&kind) {
                    return Self::Refused(format!(
                        "authentication failed: requested authentication type {shown} rejected"
                    ));
                }
                kind
            }
        };
        match chosen {
            AuthType::None => Self::None,
            AuthType::Sasl => Self::Sasl,
            AuthType::Polkit => Self::Polkit,
            AuthType::Unknown(number) => Self::Refused(format!(
                "authentication failed: unsupported authentication type {number}"
            )),
        }
    }
}

impl<T> Reply<T> {
    pub(crate) fn answer(&self) -> Option<&T> {
        match self {
            Self::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    pub(crate) fn error(&self) -> Option<&RpcError> {
        match self {
            Self::Error(error) => Some(error),
            _ => None,
        }
    }

    /// The same reply with another answer in it.
    pub(crate) fn and_then<U>(self, read: impl FnOnce(T) -> Reply<U>) -> Reply<U> {
        match self {
            Self::Answered(answer) => read(answer),
            Self::Error(error) => Reply::Error(error),
            Self::Silent => Reply::Silent,
            Self::Closed => Reply::Closed,
            Self::Reset => Reply::Reset,
            Self::NotLibvirt(text) => Reply::NotLibvirt(text),
            Self::Garbled(why) => Reply::Garbled(why),
        }
    }
}

/// The first line of what somebody said, at most 80 characters of it.
pub(crate) fn first_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_is_the_clients_choice() {
        use AuthType::{None as Nothing, Polkit, Sasl, Unknown};
        let rejected = |word: &str| {
            Login::Refused(format!(
                "authentication failed: requested authentication type {word} rejected"
            ))
        };
        let cases: [(&[AuthType], Option<&str>, Login); 9] = [
            (&[], None, Login::None),
            (&[], Some("sasl"), Login::None),
            (&[Nothing], None, Login::None),
            (&[Sasl, Nothing], None, Login::Sasl),
            (&[Nothing, Polkit], Some("PolKit"), Login::Polkit),
            (&[Sasl], Some("SASL.GSSAPI"), Login::Sasl),
            (&[Nothing], Some("sasl"), rejected("sasl")),
            (&[Sasl], Some("polkit"), rejected("polkit")),
            (
                &[Unknown(9)],
                None,
                Login::Refused("authentication failed: unsupported authentication type 9".into()),
            ),
        ];
        for (offered, wanted, expected) in cases {
            assert_eq!(Login::choose(offered, wanted.map(str::as_bytes)), expected, "{offered:?}");
        }
        assert!(matches!(Login::choose(&[Sasl], Some(b"none")), Login::Refused(_)));
    }
}
