//! JSON objects whose fields keep their order, with text that is not UTF-8
//! beside its lossy form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Shown, Veil};

/// An object under construction.
#[derive(Debug, Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Any value that serializes.
    pub(crate) fn put(mut self, name: &str, value: impl Serialize) -> Self {
        let value =
            serde_json::to_value(value).expect("report values have string keys and finite numbers");
        self.0.insert(name.to_owned(), value);
        self
    }

    /// The same, where there is one.
    pub(crate) fn put_some(self, name: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    /// Text from outside, or null; bytes that are no UTF-8 also as base64.
    pub(crate) fn text(self, name: &str, value: Option<&[u8]>, veil: &Veil) -> Self {
        match value {
            Some(value) => self.shown(name, &veil.show(value)),
            None => self.put(name, Value::Null),
        }
    }

    /// Text that has passed the veil already.
    pub(crate) fn shown(self, name: &str, value: &Shown) -> Self {
        self.put(name, value).put_some(&format!("{name}_base64"), base64(value))
    }

    /// Text that has passed the veil, where there is any.
    pub(crate) fn shown_some(self, name: &str, value: Option<&Shown>) -> Self {
        match value {
            Some(value) => self.shown(name, value),
            None => self,
        }
    }

    /// Several of them; if one is no UTF-8, all of them also as base64.
    pub(crate) fn shown_all(self, name: &str, values: &[Shown]) -> Self {
        let raw =
            |value: &Shown| BASE64.encode(value.raw().unwrap_or_else(|| value.as_str().as_bytes()));
        let is_text = values.iter().all(|value| value.raw().is_none());
        self.put(name, values).put_some(
            &format!("{name}_base64"),
            (!is_text).then(|| values.iter().map(raw).collect::<Vec<_>>()),
        )
    }

    /// All fields of another object.
    pub(crate) fn with(mut self, other: Value) -> Self {
        if let Value::Object(fields) = other {
            self.0.extend(fields);
        }
        self
    }

    pub(crate) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// The bytes of text that is no UTF-8.
pub(crate) fn base64(text: &Shown) -> Option<String> {
    text.raw().map(|raw| BASE64.encode(raw))
}

/// The same with every string behind the veil.
pub(crate) fn veiled(value: Value, veil: &Veil) -> Value {
    match value {
        Value::String(text) => Value::String(veil.show(text).into_string()),
        Value::Array(items) => items.into_iter().map(|item| veiled(item, veil)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, field)| (name, veiled(field, veil))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_utf8_has_a_twin() {
        let object = Object::new()
            .text("a", Some(b"x\xff"), &Veil::default())
            .text("b", None, &Veil::default())
            .done();
        assert_eq!(object.to_string(), "{\"a\":\"x\u{fffd}\",\"a_base64\":\"eP8=\",\"b\":null}");
        let list = [b"x".as_slice(), b"x\xff"].map(|text| Veil::default().show(text));
        assert_eq!(
            Object::new().shown_all("c", &list).done().to_string(),
            "{\"c\":[\"x\",\"x\u{fffd}\"],\"c_base64\":[\"eA==\",\"eP8=\"]}"
        );
        assert_eq!(Object::new().shown_all("c", &list[..1]).done().to_string(), "{\"c\":[\"x\"]}");
    }
}
