//! Where the URI comes from: argument, alias, environment, libvirt.conf.
//!
//! Source: `virConnectOpenInternal` in `src/libvirt.c` and virsh's own default
//! in `tools/virsh.c` of libvirt 11.3.0.

use super::{ConfError, Machine};

/// A URI as it reaches the parser, and what the client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// After aliases; none where the daemon is to pick.
    pub uri: Option<Vec<u8>>,
    /// What the caller gave: libvirt quotes it in one error, and says `(null)`
    /// where the URI came from elsewhere.
    pub typed: Option<Vec<u8>>,
    /// What was looked up among the aliases.
    pub looked_up: Option<Vec<u8>>,
    /// The text before anything was made of it: clients without aliases read that.
    pub literal: Option<Vec<u8>>,
    /// Who said it.
    pub origin: UriOrigin,
}

/// Who said which URI to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UriOrigin {
    /// The command line or the input.
    Given,
    /// An alias of this libvirt.conf.
    Alias(String),
    /// A variable of the environment.
    Variable(&'static str),
    /// `uri_default` of this libvirt.conf.
    ConfDefault(String),
    /// Nobody.
    Nobody,
}

impl Source {
    /// What a client makes of a URI that it is given.
    #[must_use]
    pub fn given(text: &[u8], machine: &Machine) -> Self {
        if text.is_empty() {
            return Self::library_default(machine);
        }
        // Kept for the sake of very old scripts.
        let kept: &[u8] = if text.eq_ignore_ascii_case(b"xen") || text == b"xen://" {
            b"xen:///system"
        } else {
            text
        };
        let source = Self::resolve(kept, Some(kept), UriOrigin::Given, machine);
        Self { literal: Some(text.to_vec()), ..source }
    }

    /// A URI of a file: no alias, no default.
    #[must_use]
    pub fn of_file(text: &[u8]) -> Self {
        let kept = in_file(text);
        Self {
            uri: Some(kept.to_vec()),
            typed: Some(kept.to_vec()),
            looked_up: None,
            literal: Some(text.to_vec()),
            origin: UriOrigin::Given,
        }
    }

    /// The URI that virsh would use here without being given one.
    #[must_use]
    pub fn default_of(machine: &Machine) -> Self {
        if let Some(text) = variable(machine, "VIRSH_DEFAULT_CONNECT_URI") {
            // virsh gives it to the library as if it had been typed.
            return Self::resolve(
                text,
                Some(text),
                UriOrigin::Variable("VIRSH_DEFAULT_CONNECT_URI"),
                machine,
            );
        }
        Self::library_default(machine)
    }

    /// The URI of the library itself: what `virsh -c ''` asks for, too.
    fn library_default(machine: &Machine) -> Self {
        if let Some(text) = variable(machine, "LIBVIRT_DEFAULT_URI") {
            return Self::resolve(text, None, UriOrigin::Variable("LIBVIRT_DEFAULT_URI"), machine);
        }
        match Self::conf_default(machine) {
            Ok(Some(text)) => {
                let origin = UriOrigin::ConfDefault(machine.conf.path.clone());
                Self::resolve(&text, None, origin, machine)
            }
            Ok(None) | Err(_) => Self {
                uri: None,
                typed: None,
                looked_up: None,
                literal: None,
                origin: UriOrigin::Nobody,
            },
        }
    }

    fn conf_default(machine: &Machine) -> Result<Option<Vec<u8>>, ConfError> {
        let conf = machine.conf.read()?;
        Ok(conf.string("uri_default")?.map(|(text, _)| text.to_vec()))
    }

    fn resolve(text: &[u8], typed: Option<&[u8]>, origin: UriOrigin, machine: &Machine) -> Self {
        let alias = machine
            .conf
            .read()
            .ok()
            .and_then(|conf| conf.resolve_alias(text).ok().flatten().map(|uri| uri.to_vec()));
        let origin = match (&alias, origin) {
            (Some(_), UriOrigin::Given) => UriOrigin::Alias(machine.conf.path.clone()),
            (_, origin) => origin,
        };
        Self {
            uri: Some(alias.unwrap_or_else(|| text.to_vec())),
            typed: typed.map(<[u8]>::to_vec),
            looked_up: Some(text.to_vec()),
            literal: Some(text.to_vec()),
            origin,
        }
    }
}

/// A variable that is set and not empty.
fn variable<'m>(machine: &'m Machine, name: &str) -> Option<&'m [u8]> {
    machine.variable(name).filter(|value| !value.is_empty()).map(str::as_bytes)
}

/// A URI of a file as it reaches the parser: one is kept for old scripts.
pub(crate) fn in_file(text: &[u8]) -> &[u8] {
    if text == b"xen://" { b"xen:///system" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::ConfContent;

    fn machine(conf: &str) -> Machine {
        let mut machine = Machine::fixed("2026-01-01".into());
        machine.conf.content = ConfContent::Text(conf.into());
        machine
    }

    #[test]
    fn an_alias_is_resolved_once() {
        let machine = machine("uri_aliases = ['a=b', 'b=qemu:///system']\n");
        let source = Source::given(b"a", &machine);
        assert_eq!(source.uri.as_deref(), Some(&b"b"[..]));
        assert_eq!(source.typed.as_deref(), Some(&b"a"[..]));
        assert_eq!(source.origin, UriOrigin::Alias(machine.conf.path.clone()));
    }

    #[test]
    fn defaults_come_in_libvirts_order() {
        let mut machine = machine("uri_default = 'c'\nuri_aliases = ['c=qemu:///session']\n");
        let source = Source::default_of(&machine);
        assert_eq!(
            (source.uri.as_deref(), source.typed.as_deref()),
            (Some(&b"qemu:///session"[..]), None)
        );
        machine.environment.insert("LIBVIRT_DEFAULT_URI".into(), "qemu:///system".into());
        assert_eq!(Source::given(b"", &machine).origin, UriOrigin::Variable("LIBVIRT_DEFAULT_URI"));
        machine.environment.insert("VIRSH_DEFAULT_CONNECT_URI".into(), "xen:///".into());
        assert_eq!(Source::default_of(&machine).typed.as_deref(), Some(&b"xen:///"[..]));
        assert_eq!(Source::given(b"", &machine).origin, UriOrigin::Variable("LIBVIRT_DEFAULT_URI"));
        assert_eq!(Source::given(b"XEN", &machine).uri.as_deref(), Some(&b"xen:///system"[..]));
    }
}
