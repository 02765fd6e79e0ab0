//! Fresh URIs against the virsh of this machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::process::Command;
use std::thread;

use crate::chance::Chance;
use crate::compare::compare;
use crate::grammar;
use crate::lab::{Lab, Who};
use crate::mutation::mutate;
use crate::planned::plans;
use crate::rooms::{ROOMS, Room};
use crate::text::Text;
use crate::virsh;

/// How many URIs each kind of user gets, where the environment says nothing.
const USUAL: usize = 1500;
/// Cores of a small machine.
const WORKERS: usize = 2;

/// A URI and the room in which it is read.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) room: &'static Room,
    pub(crate) uri: Vec<u8>,
}

/// So many cases from a seed.
pub(crate) fn cases(seed: u64, count: usize) -> Vec<Case> {
    let rooms: Vec<&Room> =
        ROOMS.iter().flat_map(|room| std::iter::repeat_n(room, room.weight)).collect();
    let mut chance = Chance::new(seed);
    let mut cases = Vec::with_capacity(count);
    for _ in 0..count {
        let room = chance.pick(&rooms);
        let uri = if !room.own.is_empty() && chance.percent(30) {
            chance.pick(room.own).into()
        } else {
            grammar::uri(&mut chance)
        };
        let uri = if chance.percent(15) { mutate(uri, &mut chance) } else { uri };
        cases.push(Case { room, uri });
    }
    cases
}

/// The cases of each room, in the order of the rooms.
pub(crate) fn by_room<'c>(
    cases: impl IntoIterator<Item = &'c Case>,
) -> Vec<(&'static Room, Vec<&'c [u8]>)> {
    let mut uris: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for case in cases {
        uris.entry(case.room.name).or_default().push(&case.uri);
    }
    ROOMS.iter().filter_map(|room| Some((room, uris.remove(room.name)?))).collect()
}

/// What came of a run.
#[derive(Default)]
struct Tally {
    count: usize,
    /// How many plans have each outcome.
    outcomes: BTreeMap<String, usize>,
    differences: String,
    differ: usize,
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

fn agree(who: Who) {
    let seed = number("VIRT_DOCTOR_SEED").unwrap_or_else(|| RandomState::new().hash_one(who as u8));
    let count = number("VIRT_DOCTOR_URIS").map_or(USUAL, |count| usize::try_from(count).unwrap());
    let cases = cases(seed, count);
    let client = installed();
    let run = |worker: usize| {
        let own = cases.iter().skip(worker).step_by(WORKERS);
        work(who, &client, by_room(own))
    };
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|worker| scope.spawn(move || run(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |of: &dyn Fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let differ = sum(&|tally| tally.differ);
    let differences: String = tallies.iter().map(|tally| tally.differences.as_str()).collect();
    assert!(
        differ == 0,
        "VIRT_DOCTOR_SEED={seed} VIRT_DOCTOR_URIS={count} as {}, {client}: {differ} of {count} URIs differ\n{differences}",
        who.name()
    );
    assert_eq!(sum(&|tally| tally.count), count);
    if count < 300 {
        return;
    }
    // A run in which nothing came far would prove nothing.
    for (outcome, least) in [("daemon", 35), ("rejected", 15), ("in-process", 1), ("crashes", 0)] {
        let found = sum(&|tally| tally.outcomes.get(outcome).copied().unwrap_or(0));
        assert!(found * 100 >= least * count, "only {found} of {count} are {outcome}");
    }
}

/// The client to plan for.
pub(crate) fn installed() -> String {
    let output =
        Command::new("virsh").arg("--version").output().expect("libvirt-clients is installed");
    format!("libvirt@{}", String::from_utf8(output.stdout).unwrap().trim())
}

fn work(who: Who, client: &str, rooms: Vec<(&'static Room, Vec<&[u8]>)>) -> Tally {
    let lab = Lab::enter(who, None);
    let mut tally = Tally::default();
    for (room, uris) in rooms {
        lab.furnish(room);
        let plans = plans(&lab, room, client, &uris);
        for (uri, plan) in uris.iter().zip(&plans) {
            let seen = virsh::run(&lab, room, uri);
            let differences = compare(plan, &seen);
            tally.count += 1;
            let outcome = plan.field("outcome").as_str().unwrap().to_owned();
            *tally.outcomes.entry(outcome).or_default() += 1;
            if !differences.is_empty() {
                tally.differ += 1;
                writeln!(tally.differences, "{} in room {}", Text::from(*uri), room.name).unwrap();
                for difference in differences {
                    writeln!(tally.differences, "    {difference}").unwrap();
                }
            }
        }
    }
    tally
}

#[test]
fn the_plan_is_what_virsh_does_as_root() {
    agree(Who::Root);
}

#[test]
fn the_plan_is_what_virsh_does_as_an_ordinary_user() {
    agree(Who::User);
}
