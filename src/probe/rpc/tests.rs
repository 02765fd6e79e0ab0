//! Peers made of bytes: those of a real daemon, strangers, and hostile ones.

use tokio::io::DuplexStream;

use super::*;

/// Answers each question, the next one only once it is asked.
fn with_peer<T>(answers: &[Vec<u8>], close: bool, talk: impl AsyncFnOnce(DuplexStream) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (near, mut far) = tokio::io::duplex(4096);
        let peer = async {
            for answer in answers {
                let mut length = [0; 4];
                far.read_exact(&mut length).await.unwrap();
                let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
                far.read_exact(&mut rest).await.unwrap();
                far.write_all(answer).await.unwrap();
            }
            if close {
                drop(far);
            }
            std::future::pending::<()>().await;
        };
        tokio::select! { said = talk(near) => said, () = peer => unreachable!() }
    })
}

fn outcome(answer: &[u8], close: bool) -> RpcOutcome {
    with_peer(&[answer.to_vec()], close, async |mut near| {
        ask(&mut near, Deadline::after(Duration::from_millis(300))).await
    })
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().copied().flat_map(u32::to_be_bytes).collect()
}

fn reply(procedure: u32, serial: u32, is_error: bool, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(28 + payload.len()).unwrap();
    let header = [length, 0x2000_8086, 1, procedure, 1, serial, u32::from(is_error)];
    [words(&header), payload.to_vec()].concat()
}

fn text(text: &str) -> Vec<u8> {
    let mut writer = wire::Writer::default();
    writer.string(text.as_bytes());
    writer.done()
}

/// The packets are those of a libvirtd 9.0.0.
#[test]
fn answers_of_a_real_daemon() {
    let answer = |auth: u32| words(&[0x24, 0x2000_8086, 1, 66, 1, 1, 0, 1, auth]);
    assert_eq!(outcome(&answer(0), false), Reply::Answered(vec![AuthType::None]));
    assert_eq!(outcome(&answer(1), false), Reply::Answered(vec![AuthType::Sasl]));
    assert_eq!(outcome(&answer(2), false), Reply::Answered(vec![AuthType::Polkit]));
    assert_eq!(outcome(&answer(7), false), Reply::Answered(vec![AuthType::Unknown(7)]));
}

#[test]
fn strangers_and_silence() {
    let stranger = |text: &str| Reply::NotLibvirt(text.to_owned());
    assert_eq!(outcome(b"SSH-2.0-OpenSSH_9.2\r\n", false), stranger("SSH-2.0-OpenSSH_9.2"));
    assert_eq!(outcome(b"Welc", true), stranger("Welc"));
    assert_eq!(outcome(b"hi", false), stranger("hi"));
    assert_eq!(outcome(b"", true), Reply::Closed);
    assert_eq!(outcome(b"", false), Reply::Silent);
}

#[test]
fn what_begins_well_and_is_not_libvirts() {
    let garbled = |why: &str| Reply::Garbled(why.to_owned());
    let ours = wire::call(Procedure::AuthList, 1, &[]);
    assert_eq!(outcome(&ours, true), garbled("our own question, sent back"));
    let good = reply(66, 1, false, &words(&[1, 0]));
    assert_eq!(outcome(&good[..good.len() - 1], true), garbled("half a packet"));
    assert_eq!(outcome(&good[..good.len() - 1], false), garbled("half a packet"));
    let other = "the answer to another question";
    assert_eq!(outcome(&reply(66, 9, false, &words(&[1, 0])), false), garbled(other));
    assert_eq!(outcome(&reply(1, 1, false, &[]), false), garbled(other));
    let unreadable = "an answer that cannot be read";
    assert_eq!(outcome(&reply(66, 1, false, &words(&[9, 0])), false), garbled(unreadable));
    let large = words(&[1 << 20, 0x2000_8086, 1, 66, 1, 1, 0]);
    assert_eq!(outcome(&large, false), garbled("a packet of 1048576 bytes"));
    let event = words(&[28, 0x2000_8086, 1, 107, 2, 0, 0]);
    assert_eq!(outcome(&event.repeat(100), false), garbled("events without end"));
}

#[test]
fn errors_have_code_domain_and_message() {
    let payload = [words(&[39, 7, 1]), text("bad!"), words(&[2])].concat();
    let expected = RpcError { code: 39, domain: 7, message: "bad!".into() };
    assert_eq!(outcome(&reply(66, 1, true, &payload), false), Reply::Error(expected));
    let mute = RpcError { code: 1, domain: 0, message: "Unknown error".into() };
    assert_eq!(outcome(&reply(66, 1, true, &words(&[1, 0, 0])), false), Reply::Error(mute));
}

#[test]
fn a_whole_conversation() {
    let ping = words(&[28, 0x6b65_6570, 1, 1, 2, 0, 0]);
    let answers = [
        reply(66, 1, false, &words(&[1, 0])),
        // The ping stands before the answer: the pong is read as the next question.
        [ping, reply(1, 2, false, &[])].concat(),
        vec![],
        reply(3, 3, false, &text("QEMU")),
        reply(157, 4, false, &words(&[0, 11_003_000])),
        reply(110, 5, false, &text("qemu:///system")),
        reply(2, 6, false, &[]),
    ];
    let opening = with_peer(&answers, true, async |near| {
        let deadline = Deadline::after(Duration::from_secs(5));
        let mut conversation = Conversation::new(near);
        assert_eq!(conversation.greet(deadline).await, Reply::Answered(vec![AuthType::None]));
        conversation.open(b"", deadline).await
    });
    let expected = Opened {
        driver: Some("QEMU".into()),
        libvirt: Some("11.3.0".into()),
        uri: Some("qemu:///system".into()),
    };
    assert_eq!(opening.outcome, Reply::Answered(expected));
}

#[test]
fn mechanisms_are_a_list() {
    let answer = reply(67, 1, false, &text("SCRAM-SHA-256,GSSAPI"));
    let seen = with_peer(&[answer], false, async |near| {
        Conversation::new(near).mechanisms(Deadline::after(Duration::from_secs(5))).await
    });
    assert_eq!(seen, Reply::Answered(vec!["SCRAM-SHA-256".into(), "GSSAPI".into()]));
}
