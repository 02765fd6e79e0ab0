//! The fault lab: real servers, one thing broken at a time, and the right cause.
//!
//! Each file below this folder is one fault: what to break, the URI, the cause that
//! must be named, and what the real virsh says. `cargo test --test faults` runs them
//! all, or those whose name holds a word given behind `--`, and prints one table:
//! virsh's words and seconds beside ours. `README.md` tells how to write one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that meets the unexpected should end there, and the table is its report"
)]

#[path = "../support/contract.rs"]
mod contract;
mod fault;
#[allow(dead_code, reason = "shared with the other tests on real servers")]
#[path = "../live/lab.rs"]
mod lab;
mod peer;
mod said;
mod scene;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};

use self::scene::Row;

/// The servers and virsh have races of their own. What is wrong is played once more; but
/// not more of all than these, or it is no chance.
const MOST_TWICE: usize = 5;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let rows = Arc::new(Mutex::new(Vec::new()));
    let faults = fault::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults"));
    let trials = faults.into_iter().map(|fault| {
        let rows = Arc::clone(&rows);
        Trial::test(fault.name.clone(), move || {
            let mut row = scene::play(&fault);
            if !row.wrong.is_empty() {
                let at_first = row.wrong;
                row = Row { at_first, ..scene::play(&fault) };
            }
            let wrong = row.wrong.join("\n");
            rows.lock().unwrap().push(row);
            if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let mut rows = rows.lock().unwrap();
    if said::is_wanted() {
        said::write(&rows);
    } else if !arguments.list {
        print!("{}", table::of(&mut rows));
    }
    let twice = rows.iter().filter(|row| !row.at_first.is_empty()).count();
    if twice > MOST_TWICE {
        println!("{twice} were played twice, and {MOST_TWICE} may be");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
