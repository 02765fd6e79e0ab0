//! XDR, as far as libvirt's packets need it: numbers and strings, in steps of four bytes.
//!
//! Source: RFC 4506.

/// Reads values one after the other; nothing once the bytes are at their end.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Over these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        self.take(COUNT)?.try_into().ok()
    }

    /// An unsigned number of 32 bits.
    pub fn unsigned(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number of 32 bits.
    pub fn int(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// An unsigned number of 64 bits.
    pub fn unsigned_hyper(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A string with its length before it and zeros behind it, up to four bytes.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.unsigned()?).ok()?;
        let text = self.take(length)?;
        self.take(padding(length))?;
        Some(text)
    }

    /// A string that may not be there: a word says whether it is.
    pub fn optional_string(&mut self) -> Option<Option<&'a [u8]>> {
        match self.unsigned()? {
            0 => Some(None),
            1 => self.string().map(Some),
            _ => None,
        }
    }

    /// Whether all was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Writes values one after the other.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An unsigned number of 32 bits.
    pub fn unsigned(&mut self, number: u32) {
        self.bytes.extend(number.to_be_bytes());
    }

    /// A string. No name of ours is longer than 32 bits can say; a longer one is cut.
    pub fn string(&mut self, text: &[u8]) {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.unsigned(length);
        let text = &text[..text.len().min(length as usize)];
        self.bytes.extend(text);
        self.bytes.resize(self.bytes.len() + padding(text.len()), 0);
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.bytes
    }
}

/// How many zeros stand behind so many bytes.
const fn padding(length: usize) -> usize {
    (4 - length % 4) % 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_on_four_bytes() {
        for (text, length) in [(&b""[..], 4), (b"a", 8), (b"abcd", 8), (b"abcde", 12)] {
            let mut writer = Writer::default();
            writer.string(text);
            let bytes = writer.done();
            assert_eq!(bytes.len(), length);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.string(), Some(text));
            assert!(reader.is_at_end());
            assert_eq!(Reader::new(&bytes[..length - 1]).string(), None);
        }
    }

    #[test]
    fn a_length_is_not_believed() {
        assert_eq!(Reader::new(&[0xff; 8]).string(), None);
        assert_eq!(Reader::new(&[0, 0, 0, 5, b'a']).string(), None);
        assert_eq!(Reader::new(&[0, 0, 0, 2, 0, 0, 0, 0]).optional_string(), None);
        assert_eq!(Reader::new(&[0, 0, 0]).int(), None);
        assert_eq!(Reader::new(&[0xff; 4]).int(), Some(-1));
    }
}
