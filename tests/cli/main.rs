//! The command as its users call it: output as data, the JSON contract, bad input.
//!
//! Nothing here needs a network or root; see `tests/live` for that.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

mod bad_input;
mod baseline;
mod check_files;
mod configuration;
#[path = "../support/contract.rs"]
mod contract;
mod documents;
mod drawings;
mod explained;
mod files;
mod fixes;
mod formats;
mod mistakes;
mod platforms;
mod policies;
mod run;
mod secrets;
mod shell;
mod suppressions;

/// Each block of `tests/cmd/*.md` and of the README is a session in a terminal.
#[test]
fn sessions() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("HOME", "/nowhere")
        .env("COLUMNS", "100")
        // The paths of reports begin at the checkout of a CI job.
        .env("GITHUB_WORKSPACE", "")
        .env("CI_PROJECT_DIR", "")
        .case("tests/cmd/*.md")
        .case("tests/cmd/*.toml")
        .case("README.md");
}
