//! One packet: where it ends, its header, and the few packets that we send.
//!
//! Source: `src/rpc/virnetprotocol.x` and `src/rpc/virnetmessage.c` of libvirt.

use super::xdr::{Reader, Writer};

/// The length, then the header: program, version, procedure, type, serial, status.
const HEADER: usize = 28;
/// The longest packet that we take. libvirt takes 32 MiB; what we ask for is
/// answered in a few hundred bytes, and an error message may be long.
pub const LARGEST: u32 = 64 * 1024;
/// The version of both programs.
const VERSION: u32 = 1;

/// Whose packet it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `REMOTE_PROGRAM`: everything about guests.
    Remote,
    /// `KEEPALIVE_PROGRAM`: whether the other side is there.
    KeepAlive,
}

impl Program {
    const fn number(self) -> u32 {
        match self {
            Self::Remote => 0x2000_8086,
            Self::KeepAlive => 0x6b65_6570,
        }
    }

    fn named(number: u32) -> Option<Self> {
        [Self::Remote, Self::KeepAlive].into_iter().find(|program| program.number() == number)
    }
}

/// What is asked of the program `Remote`. None of it changes anything there.
///
/// Source: `remote_procedure` in `src/remote/remote_protocol.x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Procedure {
    /// Opens a driver for this connection.
    ConnectOpen,
    /// Says good-bye: the server closes.
    ConnectClose,
    /// What the driver calls itself.
    ConnectGetType,
    /// The URI that was opened, where no name was given.
    ConnectGetUri,
    /// The version of the server's libvirt.
    ConnectGetLibVersion,
    /// What the server wants before it opens anything.
    AuthList,
    /// Which mechanisms of SASL it has.
    AuthSaslInit,
    /// Whether polkit lets the peer's process in.
    AuthPolkit,
}

impl Procedure {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::ConnectOpen => 1,
            Self::ConnectClose => 2,
            Self::ConnectGetType => 3,
            Self::AuthList => 66,
            Self::AuthSaslInit => 67,
            Self::AuthPolkit => 70,
            Self::ConnectGetUri => 110,
            Self::ConnectGetLibVersion => 157,
        }
    }
}

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody asks: only a client does.
    Call,
    /// An answer.
    Reply,
    /// An event, or a keepalive.
    Message,
    /// Streams, and what comes with file descriptors: never asked for.
    Other(u32),
}

/// The header of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Whose packet it is.
    pub program: Program,
    /// The number of the procedure.
    pub procedure: u32,
    /// What it is.
    pub kind: Kind,
    /// That of the question, in an answer.
    pub serial: u32,
    /// Whether the payload is an error.
    pub is_error: bool,
}

/// A whole packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The header.
    pub header: Header,
    /// What follows it.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads one, all of whose bytes are there; nothing where libvirt would not
    /// have sent it.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let length = reader.unsigned()?;
        if usize::try_from(length).ok()? != bytes.len() {
            return None;
        }
        let program = Program::named(reader.unsigned()?)?;
        if reader.unsigned()? != VERSION {
            return None;
        }
        let procedure = reader.unsigned()?;
        let kind = match reader.unsigned()? {
            0 => Kind::Call,
            1 => Kind::Reply,
            2 => Kind::Message,
            other => Kind::Other(other),
        };
        let serial = reader.unsigned()?;
        let is_error = match reader.unsigned()? {
            0 | 2 => false,
            1 => true,
            _ => return None,
        };
        let header = Header { program, procedure, kind, serial, is_error };
        Some(Self { header, payload: bytes.get(HEADER..)? })
    }

    /// Whether the server asks if we are there.
    ///
    /// Source: `KEEPALIVE_PROC_PING` in `src/rpc/virkeepaliveprotocol.x`.
    #[must_use]
    pub fn is_ping(&self) -> bool {
        self.header.program == Program::KeepAlive && self.header.procedure == 1
    }
}

/// Where the first packet of what was received ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Not all of it is there.
    Incomplete,
    /// It is so many bytes long, and all are there.
    Complete(usize),
    /// No packet of libvirt begins like this.
    Foreign,
    /// libvirt may send it, but it is longer than what we take.
    TooLarge(u32),
}

/// Looks at the beginning of what was received, as early as that can be told.
#[must_use]
pub fn framing(received: &[u8]) -> Framing {
    /// `VIR_NET_MESSAGE_PAYLOAD_MAX`, the header, and the length itself.
    const LIBVIRTS_LARGEST: u32 = 33_554_408 + 24 + 4;
    const SMALLEST: u32 = 28;
    let mut reader = Reader::new(received);
    let Some(length) = reader.unsigned() else { return Framing::Incomplete };
    if !(SMALLEST..=LIBVIRTS_LARGEST).contains(&length) {
        return Framing::Foreign;
    }
    match reader.unsigned().map(Program::named) {
        None => return Framing::Incomplete,
        Some(None) => return Framing::Foreign,
        Some(Some(_)) => {}
    }
    if length > LARGEST {
        return Framing::TooLarge(length);
    }
    match usize::try_from(length) {
        Ok(length) if length <= received.len() => Framing::Complete(length),
        _ => Framing::Incomplete,
    }
}

/// A question of ours.
#[must_use]
pub fn call(procedure: Procedure, serial: u32, arguments: &[u8]) -> Vec<u8> {
    packet(Program::Remote, procedure.number(), 0, serial, arguments)
}

/// The answer to a ping.
#[must_use]
pub fn pong() -> Vec<u8> {
    packet(Program::KeepAlive, 2, 2, 0, &[])
}

fn packet(program: Program, procedure: u32, kind: u32, serial: u32, payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    for word in [length, program.number(), VERSION, procedure, kind, serial, 0] {
        writer.unsigned(word);
    }
    let mut bytes = writer.done();
    bytes.extend(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().copied().flat_map(u32::to_be_bytes).collect()
    }

    /// The packets are those of a virsh and a libvirtd 9.0.0.
    #[test]
    fn packets_of_real_peers() {
        let question = call(Procedure::AuthList, 1, &[]);
        assert_eq!(question, bytes(&[0x1c, 0x2000_8086, 1, 0x42, 0, 1, 0]));
        let answer = bytes(&[0x24, 0x2000_8086, 1, 0x42, 1, 1, 0, 1, 2]);
        assert_eq!(framing(&answer), Framing::Complete(36));
        let packet = Packet::read(&answer).unwrap();
        assert_eq!(packet.header.kind, Kind::Reply);
        assert_eq!((packet.header.procedure, packet.header.serial), (66, 1));
        assert_eq!(packet.payload, bytes(&[1, 2]));
        let ping = bytes(&[0x1c, 0x6b65_6570, 1, 1, 2, 0, 0]);
        assert!(Packet::read(&ping).unwrap().is_ping());
        assert_eq!(pong(), bytes(&[0x1c, 0x6b65_6570, 1, 2, 2, 0, 0]));
        assert!(!Packet::read(&pong()).unwrap().is_ping());
    }

    #[test]
    fn strangers_are_told_at_their_first_words() {
        for text in [&b"SSH-2.0"[..], b"HTTP/1.1", b"Welcome", &[0x15, 3, 3, 0], &[0; 4]] {
            assert_eq!(framing(text), Framing::Foreign, "{}", text.escape_ascii());
        }
        assert_eq!(framing(&bytes(&[36, 0x1234])), Framing::Foreign);
        assert_eq!(framing(b"SSH"), Framing::Incomplete);
        assert_eq!(framing(&bytes(&[36])), Framing::Incomplete);
        assert_eq!(framing(&bytes(&[27])), Framing::Foreign);
        assert_eq!(framing(&bytes(&[33_554_437])), Framing::Foreign);
        assert_eq!(framing(&bytes(&[LARGEST + 1, 0x2000_8086])), Framing::TooLarge(LARGEST + 1));
        assert_eq!(framing(&bytes(&[LARGEST, 0x2000_8086])), Framing::Incomplete);
    }

    #[test]
    fn odd_headers_are_refused() {
        let of = |change: (usize, u32)| {
            let mut words = [28, 0x2000_8086, 1, 66, 1, 1, 0];
            words[change.0] = change.1;
            Packet::read(&bytes(&words)).map(|packet| packet.header.kind)
        };
        assert!(of((0, 28)).is_some());
        for change in [(0, 29), (1, 7), (2, 2), (6, 3)] {
            assert_eq!(of(change), None, "{change:?}");
        }
        assert_eq!(of((4, 9)), Some(Kind::Other(9)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_framed_within_bounds(
            bytes in proptest::collection::vec(any::<u8>(), 0..96),
            begins_as_ours: bool,
            length in 0u32..200_000,
        ) {
            let mut received = bytes;
            if begins_as_ours && received.len() >= 8 {
                received[..4].copy_from_slice(&length.to_be_bytes());
                received[4..8].copy_from_slice(&0x2000_8086u32.to_be_bytes());
            }
            if let Framing::Complete(end) = framing(&received) {
                prop_assert!((HEADER..=received.len()).contains(&end));
                if let Some(packet) = Packet::read(&received[..end]) {
                    prop_assert_eq!(packet.payload.len() + HEADER, end);
                }
            }
        }

        /// What is known of a peer stays true when more of it comes.
        #[test]
        fn more_bytes_change_no_answer(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0usize..64) {
            let whole = framing(&bytes);
            let part = framing(&bytes[..at.min(bytes.len())]);
            prop_assert!(part == Framing::Incomplete || part == whole);
        }

        #[test]
        fn what_we_send_can_be_read(serial: u32, arguments in proptest::collection::vec(any::<u8>(), 0..64)) {
            let bytes = call(Procedure::ConnectOpen, serial, &arguments);
            prop_assert_eq!(framing(&bytes), Framing::Complete(bytes.len()));
            let packet = Packet::read(&bytes).unwrap();
            prop_assert_eq!(packet.header.kind, Kind::Call);
            prop_assert_eq!((packet.header.procedure, packet.header.serial), (1, serial));
            prop_assert_eq!(packet.payload, &arguments[..]);
        }
    }
}
