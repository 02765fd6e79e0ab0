//! libvirt's RPC as bytes: packets, and the XDR within them.
//!
//! The peer may be anybody. Nothing here trusts a length, copies what it was not
//! asked for, or gives more than the bytes that came.
//!
//! Source: `src/rpc/virnetprotocol.x`, `src/rpc/virnetmessage.c`,
//! `src/rpc/virkeepaliveprotocol.x` and `src/remote/remote_protocol.x` of libvirt;
//! RFC 4506 for XDR.

mod packet;
mod xdr;

pub use packet::{Framing, Header, Kind, LARGEST, Packet, Procedure, Program, call, framing, pong};
pub use xdr::{Reader, Writer};

/// An error as the server sends it.
///
/// Source: `virNetMessageError` in `src/rpc/virnetprotocol.x`; the numbers are
/// those of `include/libvirt/virterror.h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    /// `virErrorNumber`.
    pub code: i32,
    /// `virErrorDomain`: the part of libvirt that speaks.
    pub domain: i32,
    /// What the client prints, if the server says anything.
    pub message: Option<Vec<u8>>,
}

impl RemoteError {
    /// Reads the beginning of it; what follows tells nothing more.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let (code, domain) = (reader.int()?, reader.int()?);
        let message = reader.optional_string()?.map(<[u8]>::to_vec);
        Some(Self { code, domain, message })
    }
}

/// The types of authentication that the server offers, at most 20 as libvirt allows.
///
/// Source: `remote_auth_list_ret`.
#[must_use]
pub fn authentication_types(payload: &[u8]) -> Option<Vec<i32>> {
    /// `REMOTE_AUTH_TYPE_LIST_MAX`.
    const MOST: u32 = 20;
    let mut reader = Reader::new(payload);
    let count = reader.unsigned().filter(|count| *count <= MOST)?;
    (0..count).map(|_| reader.int()).collect()
}

/// One string and nothing else, as GET_TYPE, GET_URI and AUTH_SASL_INIT answer.
#[must_use]
pub fn string(payload: &[u8]) -> Option<&[u8]> {
    Reader::new(payload).string()
}

/// One number of 64 bits, as GET_LIB_VERSION answers.
#[must_use]
pub fn hyper(payload: &[u8]) -> Option<u64> {
    Reader::new(payload).unsigned_hyper()
}

/// What CONNECT_OPEN is given: the name, and whether to open it only for reading.
///
/// Source: `remote_connect_open_args`; `VIR_CONNECT_RO` is 1.
#[must_use]
pub fn open_arguments(name: &[u8], readonly: bool) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.unsigned(1);
    writer.string(name);
    writer.unsigned(u32::from(readonly));
    writer.done()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The payload of an error reply of libvirtd 9.0.0.
    #[test]
    fn an_error_is_read() {
        let mut writer = Writer::default();
        for number in [39, 7, 1] {
            writer.unsigned(number);
        }
        writer.string(b"Cannot find program 536903814 version 1");
        writer.unsigned(2);
        let payload = writer.done();
        let error = RemoteError::read(&payload).unwrap();
        assert_eq!((error.code, error.domain), (39, 7));
        assert_eq!(error.message.as_deref(), Some(&b"Cannot find program 536903814 version 1"[..]));
        let cut = &payload[..payload.len() - 8];
        assert_eq!(RemoteError::read(cut), None, "a string that is not all there");
        let silent = [1u32, 7, 0].map(u32::to_be_bytes).concat();
        assert_eq!(RemoteError::read(&silent).unwrap().message, None);
    }

    #[test]
    fn lists_are_bounded() {
        let list = |count: u32, given: u32| {
            let words = std::iter::once(count).chain(0..given);
            authentication_types(&words.flat_map(u32::to_be_bytes).collect::<Vec<u8>>())
        };
        assert_eq!(list(0, 0), Some(vec![]));
        assert_eq!(list(2, 2), Some(vec![0, 1]));
        assert_eq!(list(2, 1), None);
        assert_eq!(list(20, 20).map(|list| list.len()), Some(20));
        assert_eq!(list(21, 21), None);
        assert_eq!(list(u32::MAX, 3), None);
    }

    /// As `virsh -c qemu+tcp://…/system` of libvirt 9.0.0 sends it, but for the flag.
    #[test]
    fn the_name_to_open() {
        let bytes = open_arguments(b"qemu:///system", true);
        let expected = [&[0, 0, 0, 1, 0, 0, 0, 14][..], b"qemu:///system\0\0", &[0, 0, 0, 1]];
        assert_eq!(bytes, expected.concat());
    }

    proptest! {
        #[test]
        fn any_payload_is_read_or_refused(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = RemoteError::read(&payload);
            prop_assert!(authentication_types(&payload).is_none_or(|types| 4 * types.len() < payload.len()));
            prop_assert!(string(&payload).is_none_or(|text| text.len() + 4 <= payload.len()));
            prop_assert_eq!(hyper(&payload).is_some(), payload.len() >= 8);
        }

        #[test]
        fn a_name_comes_back(name in proptest::collection::vec(any::<u8>(), 0..40), readonly: bool) {
            let bytes = open_arguments(&name, readonly);
            prop_assert_eq!(bytes.len() % 4, 0);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.optional_string(), Some(Some(&name[..])));
            prop_assert_eq!(reader.unsigned(), Some(u32::from(readonly)));
            prop_assert!(reader.is_at_end());
        }
    }
}
