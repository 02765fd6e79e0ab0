//! Evidence in a file, from which a colleague judges what was seen elsewhere.
//!
//! It holds what a judgment depends on and nothing else: the machine, each URI and
//! where it came from, and what was seen. No secret enters it: what is `***` in a
//! report is `***` here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::{Evidence, VERSION};
use crate::settings::{Machine, Source, UriOrigin};
use crate::tables::clients::Client;
use crate::text::object::veiled;
use crate::text::{Veil, masked};
use crate::uri::{Uri, secret_spans};

/// All that was seen in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) evidence_version: u32,
    /// The release that wrote it.
    pub(crate) virt_doctor: String,
    /// RFC 3339, UTC.
    pub(crate) observed_at: String,
    pub(crate) machine: Machine,
    pub(crate) targets: Vec<SavedTarget>,
}

/// One connection: what was asked for, and what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedTarget {
    uri: Option<SavedText>,
    typed: Option<SavedText>,
    looked_up: Option<SavedText>,
    literal: Option<SavedText>,
    origin: SavedOrigin,
    client: String,
    pub(crate) readonly: bool,
    /// Rules that are silenced where the URI stands.
    pub(crate) silenced: Vec<String>,
    /// Whether the client reads the URI otherwise without its secret.
    pub(crate) altered: bool,
    pub(crate) evidence: Evidence,
    /// What was seen of other URIs that could work.
    #[serde(default)]
    alternatives: Vec<SavedAlternative>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedAlternative {
    uri: SavedText,
    readonly: bool,
    evidence: Evidence,
}

/// Evidence of a URI that nobody asked for and that could work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tried {
    pub(crate) uri: Vec<u8>,
    pub(crate) readonly: bool,
    pub(crate) evidence: Evidence,
}

/// Text, or bytes that are no UTF-8.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum SavedText {
    Text(String),
    Bytes { base64: String },
}

/// [`UriOrigin`], as the file has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SavedOrigin {
    Given,
    Alias(String),
    Variable(String),
    ConfDefault(String),
    Nobody,
}

/// Why a file is no evidence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedError {
    #[error("it is no evidence of virt-doctor: {0}")]
    Broken(String),
    #[error(
        "it holds evidence of version {0}, and this virt-doctor reads up to version {VERSION}: a newer one reads it"
    )]
    Newer(u32),
}

impl Saved {
    /// Of this machine, so far with no target.
    pub(crate) fn new(machine: &Machine) -> Self {
        Self {
            evidence_version: VERSION,
            virt_doctor: env!("CARGO_PKG_VERSION").to_owned(),
            observed_at: String::new(),
            machine: machine.without_secrets(),
            targets: Vec::new(),
        }
    }

    /// The text of the file.
    pub(crate) fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("evidence has string keys and finite numbers");
        text.push('\n');
        text
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Where it is something else, or of a newer version.
    pub(crate) fn read(text: &[u8]) -> Result<Self, SavedError> {
        #[derive(Deserialize)]
        struct Head {
            evidence_version: u32,
        }
        let broken = |error: serde_json::Error| SavedError::Broken(error.to_string());
        let head: Head = serde_json::from_slice(text).map_err(broken)?;
        if head.evidence_version > VERSION {
            return Err(SavedError::Newer(head.evidence_version));
        }
        let saved: Self = serde_json::from_slice(text).map_err(broken)?;
        for target in &saved.targets {
            let legible = target.source().and(target.client());
            legible.map_err(|why| SavedError::Broken(why.to_owned()))?;
        }
        Ok(saved)
    }
}

impl SavedTarget {
    /// Without the secrets of the URI, wherever they turn up; nothing where a word that
    /// the file needs is the secret itself.
    pub(crate) fn new(
        source: &Source,
        client: Client,
        readonly: bool,
        silenced: Vec<String>,
        evidence: &Evidence,
        tried: &[Tried],
        veil: &Veil,
    ) -> Option<Self> {
        let text = |text: &Option<Vec<u8>>| text.as_deref().map(SavedText::without_secrets);
        let shown = |file: &str| veil.show(file).into_string();
        Some(Self {
            uri: text(&source.uri),
            typed: text(&source.typed),
            looked_up: text(&source.looked_up),
            literal: text(&source.literal),
            origin: match &source.origin {
                UriOrigin::Given => SavedOrigin::Given,
                UriOrigin::Alias(file) => SavedOrigin::Alias(shown(file)),
                UriOrigin::Variable(name) => SavedOrigin::Variable((*name).to_owned()),
                UriOrigin::ConfDefault(file) => SavedOrigin::ConfDefault(shown(file)),
                UriOrigin::Nobody => SavedOrigin::Nobody,
            },
            client: client.to_string(),
            readonly,
            silenced,
            altered: false,
            evidence: bare(evidence, veil)?,
            alternatives: tried
                .iter()
                .map(|one| {
                    let own = Uri::parse(&one.uri).map(|uri| uri.veil()).unwrap_or_default();
                    Some(SavedAlternative {
                        uri: SavedText::without_secrets(&one.uri),
                        readonly: one.readonly,
                        evidence: bare(&bare(&one.evidence, &own)?, veil)?,
                    })
                })
                .collect::<Option<_>>()?,
        })
    }

    /// Where the URI came from, or why nobody can tell.
    pub(crate) fn source(&self) -> Result<Source, &'static str> {
        let text = |text: &Option<SavedText>| text.as_ref().map(SavedText::bytes).transpose();
        Ok(Source {
            uri: text(&self.uri)?,
            typed: text(&self.typed)?,
            looked_up: text(&self.looked_up)?,
            literal: text(&self.literal)?,
            origin: match &self.origin {
                SavedOrigin::Given => UriOrigin::Given,
                SavedOrigin::Alias(file) => UriOrigin::Alias(file.clone()),
                SavedOrigin::Variable(name) => UriOrigin::Variable(
                    ["VIRSH_DEFAULT_CONNECT_URI", "LIBVIRT_DEFAULT_URI"]
                        .iter()
                        .find(|known| *known == name)
                        .ok_or("a URI comes from a variable that no client reads")?,
                ),
                SavedOrigin::ConfDefault(file) => UriOrigin::ConfDefault(file.clone()),
                SavedOrigin::Nobody => UriOrigin::Nobody,
            },
        })
    }

    /// What was seen of other URIs, where they can be read.
    pub(crate) fn tried(&self) -> Vec<Tried> {
        let all = self.alternatives.iter();
        all.filter_map(|one| {
            let (uri, evidence) = (one.uri.bytes().ok()?, one.evidence.clone());
            Some(Tried { uri, readonly: one.readonly, evidence })
        })
        .collect()
    }

    /// Whose reading of the URI counts.
    pub(crate) fn client(&self) -> Result<Client, &'static str> {
        self.client.parse().map_err(|_| "it names a client that is not known")
    }
}

/// Without secrets; nothing where a word that the evidence needs is one.
fn bare(evidence: &Evidence, veil: &Veil) -> Option<Evidence> {
    let seen = serde_json::to_value(evidence).expect("evidence has string keys");
    serde_json::from_value(veiled(seen, veil)).ok()
}

impl SavedText {
    fn without_secrets(text: &[u8]) -> Self {
        match String::from_utf8(masked(text, &secret_spans(text)).into_owned()) {
            Ok(text) => Self::Text(text),
            Err(bytes) => Self::Bytes { base64: BASE64.encode(bytes.into_bytes()) },
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Bytes { base64 } => BASE64.decode(base64).map_err(|_| "a URI is no base64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &[u8], evidence: &Evidence) -> Option<SavedTarget> {
        let machine = Machine::fixed("2026-01-01".into());
        let veil = Uri::parse(uri).map(|uri| uri.veil()).unwrap_or_default();
        let source = Source::given(uri, &machine);
        SavedTarget::new(&source, Client::LIBVIRT, false, Vec::new(), evidence, &[], &veil)
    }

    fn saved(target: SavedTarget) -> Saved {
        let machine = Machine::fixed("2026-01-01".into());
        Saved { targets: vec![target], ..Saved::new(&machine) }
    }

    #[test]
    fn a_file_is_read_back() {
        for uri in [&b"qemu+ssh://joe@h.example/system"[..], b"qemu:///\xff", b"src", b""] {
            let one = saved(target(uri, &Evidence::default()).unwrap());
            let read = Saved::read(one.to_text().as_bytes()).unwrap();
            assert_eq!(read, one);
            let source = Source::given(uri, &Machine::fixed("2026-01-01".into()));
            assert_eq!(read.targets[0].source(), Ok(source));
            assert_eq!(read.targets[0].client(), Ok(Client::LIBVIRT));
        }
    }

    #[test]
    fn what_is_no_evidence_is_told() {
        let good = saved(target(b"qemu:///system", &Evidence::default()).unwrap()).to_text();
        for (text, why) in [
            (good.replace("\"evidence_version\": 1", "\"evidence_version\": 2"), "of version 2"),
            (good.replace("libvirt@", "xlibvirt@"), "a client that is not known"),
            (good[..good.len() / 2].to_owned(), "EOF"),
            ("{}".to_owned(), "evidence_version"),
            (String::new(), "EOF"),
        ] {
            let error = Saved::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn secrets_stay_out_even_where_they_are_words_of_the_file() {
        let seen = |text: &str| Evidence { observed_at: text.to_owned(), ..Evidence::default() };
        let one =
            target(b"qemu+ssh://joe:geheim7@h.example/system", &seen("joe:geheim7@")).unwrap();
        let text = saved(one).to_text();
        assert!(text.contains("joe:***@") && !text.contains("geheim7"), "{text}");
    }
}
