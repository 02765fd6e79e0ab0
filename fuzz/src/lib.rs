//! What must hold for any input whatever. The fuzz targets look for input for
//! which it does not; the test replays the seeds.

#![allow(clippy::must_use_candidate, clippy::missing_panics_doc, reason = "a check panics")]

pub mod allocations;
pub mod libvirt_conf;
mod libxml2;
pub mod lint;
pub mod query;
pub mod rpc;
pub mod uri;

/// The whole of a fuzz target. Without the fuzzer it checks the files that it is given.
#[macro_export]
macro_rules! target {
    ($check:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|input: &[u8]| $check(input));

        #[cfg(not(fuzzing))]
        fn main() {
            for path in std::env::args_os().skip(1) {
                $check(&std::fs::read(path).expect("the file can be read"));
            }
        }
    };
}
