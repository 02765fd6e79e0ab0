//! The plan against recorded answers of a libvirt that is not installed here.
//!
//! `libvirt-11.3.jsonl` is what the virsh of Debian 13 did, a URI a line. To
//! record again, unpack libvirt-clients and all that it depends on (and dash)
//! with `dpkg-deb -x` into a folder, and run
//!
//! ```sh
//! VIRT_DOCTOR_RECORD=/that/folder cargo test --test agreement recorded
//! ```

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::compare::compare;
use crate::lab::{Lab, Who};
use crate::live::{Case, by_room, cases};
use crate::planned::plans;
use crate::rooms::Room;
use crate::text::Text;
use crate::virsh::{self, Seen};

const CLIENT: &str = "libvirt@11.3";
const FILE: &str = "tests/agreement/libvirt-11.3.jsonl";
/// The URIs of a recording, and how many each kind of user gets.
const SEED: u64 = 113;
const COUNT: usize = 500;

/// One recorded answer.
#[derive(Serialize, Deserialize)]
struct Answer {
    who: Who,
    room: String,
    uri: Text,
    seen: Seen,
}

#[test]
fn the_plan_is_what_a_newer_virsh_did() {
    if let Some(root) = std::env::var_os("VIRT_DOCTOR_RECORD") {
        record(Path::new(&root));
    }
    let text = fs::read_to_string(FILE).unwrap();
    let answers: Vec<Answer> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers.len() >= 500, "only {} answers", answers.len());
    let differences: Vec<String> = thread::scope(|scope| {
        let run = |who| {
            let own: Vec<&Answer> = answers.iter().filter(|answer| answer.who == who).collect();
            scope.spawn(move || differences(who, &own))
        };
        let workers = [run(Who::Root), run(Who::User)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.concat());
}

fn differences(who: Who, answers: &[&Answer]) -> Vec<String> {
    let lab = Lab::enter(who, None);
    let mut found = Vec::new();
    for of_room in answers.chunk_by(|one, other| one.room == other.room) {
        let room = Room::named(&of_room[0].room).expect("a room of today's list");
        lab.furnish(room);
        let uris: Vec<&[u8]> = of_room.iter().map(|answer| answer.uri.0.as_slice()).collect();
        for (answer, plan) in of_room.iter().zip(plans(&lab, room, CLIENT, &uris)) {
            let differences = compare(&plan, &answer.seen);
            if !differences.is_empty() {
                let mut text = format!("{} in room {} as {}\n", answer.uri, room.name, who.name());
                for difference in differences {
                    writeln!(text, "    {difference}").unwrap();
                }
                found.push(text);
            }
        }
    }
    found
}

fn record(root: &Path) {
    let answers = thread::scope(|scope| {
        let run = |who, seed| scope.spawn(move || answers(who, root, &cases(seed, COUNT)));
        let workers = [run(Who::Root, SEED), run(Who::User, SEED + 1)];
        workers.into_iter().map(|worker| worker.join().unwrap()).collect::<String>()
    });
    fs::write(FILE, answers).unwrap();
}

/// A line for each case.
fn answers(who: Who, root: &Path, cases: &[Case]) -> String {
    let lab = Lab::enter(who, Some(root));
    let mut lines = String::new();
    for (room, uris) in by_room(cases) {
        lab.furnish(room);
        for uri in uris {
            let seen = virsh::run(&lab, room, uri);
            let answer = Answer { who, room: room.name.to_owned(), uri: uri.into(), seen };
            lines.push_str(&serde_json::to_string(&answer).unwrap());
            lines.push('\n');
        }
    }
    lines
}
