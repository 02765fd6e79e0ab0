//! What a peer sends in the place of libvirt's answers.

use virt_doctor::wire::{
    Framing, LARGEST, Packet, RemoteError, authentication_types, framing, hyper, string,
};

use crate::allocations::counted;

/// Checks what one peer sends until it closes.
pub fn check(sent: &[u8]) {
    let mut rest = sent;
    loop {
        let whole = framing(rest);
        // Bytes come one by one: what was told early holds, and is told at the same one.
        let early = (0..rest.len()).map(|end| framing(&rest[..end]));
        for told in early.filter(|told| *told != Framing::Incomplete) {
            assert_eq!(told, whole);
        }
        let Framing::Complete(end) = whole else { return };
        assert!(end <= rest.len() && end <= LARGEST as usize);
        let (packet, allocated) = counted(|| Packet::read(&rest[..end]));
        assert_eq!(allocated, 0);
        if let Some(packet) = packet {
            payload(packet.payload);
        }
        rest = &rest[end..];
    }
}

/// Every payload is tried as every answer: the peer chooses which one comes.
fn payload(bytes: &[u8]) {
    let (error, allocated) = counted(|| RemoteError::read(bytes));
    assert!(allocated <= bytes.len(), "no more than the message");
    let message = error.and_then(|error| error.message).unwrap_or_default();
    assert!(message.len() <= bytes.len());
    let (types, allocated) = counted(|| authentication_types(bytes));
    assert!(allocated <= 256, "a list of 20, grown as it comes");
    assert!(types.is_none_or(|types| types.len() <= 20 && 4 + 4 * types.len() <= bytes.len()));
    assert!(string(bytes).is_none_or(|text| text.len() + 4 <= bytes.len()));
    assert_eq!(hyper(bytes).is_some(), bytes.len() >= 8);
}
