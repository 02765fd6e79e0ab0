//! What in a URI must not be shown.

use super::{Uri, unescape};
use crate::text::{Span, Veil};

/// Names of parameters whose value is a secret although no libvirt reads them.
const SECRET_PARAMETERS: &[&str] =
    &["password", "passwd", "pass", "pwd", "passphrase", "secret", "token", "api_key", "apikey"];

impl Uri<'_> {
    /// Hides the secrets of this URI, as written and decoded.
    pub(crate) fn veil(&self) -> Veil {
        let raw = self.secret_spans().into_iter().map(|span| span.of(self.text()));
        Veil::hiding(raw.flat_map(|raw| [raw.to_vec(), unescape(raw).into_owned()]))
    }

    /// Where the secrets of a URI stand in it: the password of the user, and the
    /// values of parameters named like one.
    pub(crate) fn secret_spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(user) = self.user_span()
            && let Some(colon) = memchr::memchr(b':', user.of(self.text()))
        {
            spans.push(Span::new(user.start as usize + colon + 1, user.end as usize));
        }
        for parameter in self.parameters() {
            let name = parameter.name();
            if let Some(value) = parameter.value_span
                && SECRET_PARAMETERS
                    .iter()
                    .any(|known| known.as_bytes().eq_ignore_ascii_case(&name))
            {
                spans.push(value);
            }
        }
        spans.retain(|span| !span.is_empty());
        spans
    }
}

#[cfg(test)]
mod tests {
    use crate::uri::Uri;

    #[test]
    fn passwords_are_hidden_as_written_and_decoded() {
        let uri = "qemu+ssh://bob:hunter2%21@h/system?password=geheim";
        let veil = Uri::parse(uri.as_bytes()).unwrap().veil();
        for text in [uri, "bob:hunter2!@h: Permission denied", "-l bob:hunter2! geheim"] {
            let shown = veil.show(text).to_string();
            assert!(!shown.contains("hunter") && !shown.contains("geheim"), "{shown}");
        }
    }
}
