//! JUnit XML, for CI systems that show tests: a suite for each file, a failure for each finding.

use std::io::{self, Write};

use super::json::kind;
use super::root::Root;
use super::{Judged, LintRun, Placed};
use crate::inventory::Problem;
use crate::text::{Shown, Veil};

pub(crate) fn write(run: &LintRun, root: &Root, out: &mut dyn Write) -> io::Result<()> {
    let mut findings = run.findings.iter().peekable();
    let mut suites = Vec::new();
    for judged in &run.judged {
        let mut suite = Suite::of(judged, root);
        while let Some(placed) = findings.next_if(|placed| judged.holds(placed)) {
            suite.fail(placed);
        }
        suite.close(judged);
        suites.push(suite);
    }
    if run.problems.iter().any(Problem::is_failure) {
        suites.push(Suite::of_problems(&run.problems, root));
    }
    // Several CI systems take a report without a test for a broken one.
    if suites.is_empty() {
        let mut suite = Suite::named("virt-doctor", false);
        suite.case("no connection URI", "", "");
        suites.push(suite);
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let total = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    writeln!(
        out,
        "<testsuites name=\"virt-doctor\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        total(|suite| suite.cases.len()),
        total(|suite| suite.failures),
        total(|suite| suite.errors),
        total(|suite| suite.skipped),
    )?;
    suites.iter().try_for_each(|suite| suite.write(out))?;
    writeln!(out, "</testsuites>")
}

/// The tests of a file or a URI.
struct Suite {
    name: String,
    is_file: bool,
    /// As XML.
    cases: Vec<String>,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Suite {
    fn named(name: impl Into<String>, is_file: bool) -> Self {
        Self { name: name.into(), is_file, cases: Vec::new(), failures: 0, errors: 0, skipped: 0 }
    }

    fn of(judged: &Judged, root: &Root) -> Self {
        match judged {
            Judged::File(file) => Self::named(Shown::path(&root.path(file)).to_string(), true),
            Judged::Argument { uri, .. } => Self::named(uri.to_string(), false),
        }
    }

    /// What could not be read is no passed test.
    fn of_problems(problems: &[Problem], root: &Root) -> Self {
        let mut suite = Self::named("virt-doctor", false);
        for problem in problems.iter().filter(|problem| problem.is_failure()) {
            let file = problem.file.as_deref();
            let name =
                file.map_or_else(|| Shown::ours("input"), |file| Shown::path(&root.path(file)));
            let message = Veil::default().show(problem.headline()).to_string();
            let inner =
                format!("<error type=\"{}\" message=\"{}\"/>", kind(problem), escaped(&message));
            suite.errors += 1;
            suite.case(&name.to_string(), "", &inner);
        }
        suite
    }

    /// One test; `inner` is its result as XML, empty where it has passed.
    fn case(&mut self, name: &str, line: &str, inner: &str) {
        let class = escaped(&self.name);
        let file = if self.is_file { format!(" file=\"{class}\"{line}") } else { String::new() };
        let start = format!("<testcase name=\"{}\" classname=\"{class}\"{file}", escaped(name));
        self.cases.push(if inner.is_empty() {
            format!("{start}/>")
        } else {
            format!("{start}>\n      {inner}\n    </testcase>")
        });
    }

    fn fail(&mut self, placed: &Placed) {
        let finding = &placed.finding;
        let place = format!("{}:{}", placed.start.line, placed.start.column);
        let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let text =
            format!("{}:{place}: {}{help}\npage: {}", self.name, finding.message, finding.url);
        let inner = format!(
            "<failure type=\"{}\" message=\"{}\">{}</failure>",
            finding.severity.name(),
            escaped(&finding.message.to_string()),
            escaped(&text)
        );
        self.failures += 1;
        let name = format!("{} at {place}", finding.rule.name());
        self.case(&name, &format!(" line=\"{}\"", placed.start.line), &inner);
    }

    /// What is to say where nothing was found.
    fn close(&mut self, judged: &Judged) {
        match judged {
            Judged::Argument { unsettled: Some(why), .. } => {
                self.skipped += 1;
                self.case("verdict", "", &format!("<skipped message=\"{}\"/>", escaped(why)));
            }
            _ if self.cases.is_empty() => self.case("nothing found", "", ""),
            _ => {}
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(&self.name),
            self.cases.len(),
            self.failures,
            self.errors,
            self.skipped
        )?;
        for case in &self.cases {
            writeln!(out, "    {case}")?;
        }
        writeln!(out, "  </testsuite>")
    }
}

/// XML 1.0 cannot hold control characters, not even escaped: `Shown` has made them
/// visible. The two others that it forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    escaped
}
