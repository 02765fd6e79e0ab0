//! One connection to judge: its text, who typed it, for which client and machine.

use crate::engine::bind::STATIC;
use crate::engine::policy::{Policies, Spoken, Standing};
use crate::engine::{Levels, replaced, seal};
use crate::finding::{Consequence, Draft, Drafts, Finding, Rule, Severity};
use crate::plan::{GoPart, Plan, Refusal, Request, Wanted};
use crate::rules::Reading;
use crate::rules::driver::path_fits;
use crate::settings::{Machine, Source, UriOrigin, in_file};
use crate::tables::clients::{Client, Family, UriDialect};
use crate::tables::drivers::Driver;
use crate::text::Veil;
use crate::uri::{HOLE, Uri, secrets};

/// A connection URI and how it is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The URI after aliases; [`HOLE`] for each placeholder. None: the daemon picks.
    pub(crate) uri: Option<&'a [u8]>,
    /// What the caller gave to the client; libvirt quotes it in one error.
    pub(crate) typed: Option<&'a [u8]>,
    /// What was looked up among the aliases.
    pub(crate) looked_up: Option<&'a [u8]>,
    pub(crate) is_argument: bool,
    /// The variable or file that named it, where the client was given none.
    pub(crate) default_from: Option<&'a str>,
    pub(crate) readonly: bool,
    pub(crate) client: Client,
    pub(crate) machine: &'a Machine,
    /// Whether the readings of the other clients are looked at too.
    pub(crate) compare: bool,
    /// The file that it stands in.
    pub(crate) standing: Option<Standing<'a>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) findings: Vec<Finding>,
    pub(crate) veil: Veil,
    /// Why a policy could not judge.
    pub(crate) failures: Vec<String>,
}

/// Stands in for the text where there is no URI.
const NOTHING: &[u8] = b"";

impl<'a> Subject<'a> {
    /// The subject of a source.
    pub(crate) fn new(
        source: &'a Source,
        client: Client,
        machine: &'a Machine,
        readonly: bool,
    ) -> Self {
        // Only libvirt has aliases, and the word `xen`.
        let uri = match client.family {
            Family::Libvirt => source.uri.as_deref(),
            Family::GoLibvirt | Family::Terraform => source.literal.as_deref(),
        };
        Self {
            uri,
            typed: source.typed.as_deref(),
            looked_up: source.looked_up.as_deref(),
            is_argument: source.looked_up.is_some(),
            default_from: match &source.origin {
                UriOrigin::Variable(name) => Some(name),
                UriOrigin::ConfDefault(file) => Some(file),
                UriOrigin::Given | UriOrigin::Alias(_) | UriOrigin::Nobody => None,
            },
            readonly,
            client,
            machine,
            compare: false,
            standing: None,
        }
    }

    /// A URI of a file: no alias, no default.
    pub(crate) fn of_file(text: &'a [u8], client: Client, machine: &'a Machine) -> Self {
        let text = if client.family == Family::Libvirt { in_file(text) } else { text };
        Self {
            uri: Some(text),
            typed: Some(text),
            looked_up: None,
            is_argument: false,
            default_from: None,
            readonly: false,
            client,
            machine,
            compare: false,
            standing: None,
        }
    }

    /// Reads and plans, then hands both to `with`.
    pub(crate) fn read<T>(&self, with: impl FnOnce(&Reading<'_>) -> T) -> T {
        let text = self.uri.unwrap_or(NOTHING);
        // In an argument that byte is a byte like any other.
        let is_template = !self.is_argument && text.contains(&HOLE);
        let parsed = if is_template { Uri::parse_template(text) } else { Uri::parse(text) };
        let (uri, faults) = match &parsed {
            Ok(uri) => (uri, &[][..]),
            Err(unparseable) => (&unparseable.recovered, &unparseable.faults[..]),
        };
        let wanted = match (self.uri, &parsed) {
            (None, _) => Wanted::Nothing,
            (Some(_), Ok(uri)) => Wanted::Uri(uri),
            (Some(_), Err(_)) => Wanted::Unparseable(uri),
        };
        let request = Request {
            wanted,
            typed: self.typed,
            looked_up: self.looked_up,
            readonly: self.readonly,
        };
        let mut plan = Plan::new(request, self.client, self.machine);
        // A placeholder in the place of the driver may hold a transport too.
        if is_template
            && uri.transport_span().is_none()
            && uri.driver().is_some_and(|driver| driver.contains(&HOLE))
        {
            plan.transport = None;
        }
        // A client that does not read with libxml2 has other faults, or none.
        let faults = if matches!(&plan.refusal, Some(Refusal::Go(refusal)) if refusal.about == GoPart::Syntax)
            || self.client.dialect() == UriDialect::Libvirt
        {
            faults
        } else {
            &[]
        };
        let others: Vec<Plan> = Client::ALL
            .into_iter()
            .filter(|other| self.compare && other.dialect() != self.client.dialect())
            .map(|other| Plan::new(request, other, self.machine))
            .collect();
        let driver = uri.driver().and_then(Driver::named);
        let mut reading = Reading {
            uri,
            driver,
            has_holes: is_template,
            has_escapes: memchr::memchr(b'%', text).is_some(),
            has_fitting_path: false,
            secrets: &secrets(text),
            faults,
            others: &others,
            plan: &plan,
            machine: self.machine,
            is_argument: self.is_argument,
            default_from: self.default_from,
        };
        reading.has_fitting_path = path_fits(&reading);
        with(&reading)
    }

    /// What the rules on text and plan say.
    pub(crate) fn lint(&self, levels: &Levels) -> Judged {
        self.read(|reading| {
            let mut drafts = replaced(static_drafts(reading, levels), reading.uri);
            if drafts.is_empty() && levels.policies().list().is_empty() {
                // Nothing is said, so nothing need be hidden.
                return Judged::default();
            }
            let veil = reading.uri.veil();
            let Spoken { drafts: own, failures } = self.ask(reading, &veil, levels);
            drafts.extend(own);
            Judged { findings: seal(&drafts, &veil, levels), veil, failures }
        })
    }

    /// What the user's own rules say.
    pub(crate) fn ask(&self, reading: &Reading<'_>, veil: &Veil, levels: &Levels) -> Spoken {
        if levels.policies().list().is_empty() {
            return Spoken::default();
        }
        Policies::judge(reading, self.standing, veil, levels)
    }
}

/// All that the rules on text and plan have to say, in the order of their names.
pub(crate) fn static_drafts(reading: &Reading<'_>, levels: &Levels) -> Vec<Draft> {
    let mut drafts = Drafts::new();
    let family = reading.plan.client.family;
    for (_, rows) in STATIC.iter().filter(|(folder, _)| has_subject(folder, reading)) {
        for (rule, judge) in *rows {
            // Rules about other clients see by themselves that they are not asked, so that
            // no page need be read where nothing is found.
            if levels.is_on(*rule) && (family == Family::Libvirt || rule.is_about(family)) {
                drafts.rule = *rule;
                judge(reading, &mut drafts);
            }
        }
    }
    debug_assert!(nothing_else_speaks(reading, levels), "a rule that was not asked had an answer");
    let mut drafts = drafts.done();
    if !reading.faults.is_empty() {
        drafts.retain(|draft| !draft.rule.builtin().is_some_and(is_about_use));
    }
    drafts.sort_by_key(|draft| draft.rule);
    drafts
}

/// Whether the rules that are not asked would have been silent.
fn nothing_else_speaks(reading: &Reading<'_>, levels: &Levels) -> bool {
    let mut drafts = Drafts::new();
    for (folder, rows) in STATIC {
        for (rule, judge) in rows.iter().filter(|(rule, _)| levels.is_on(*rule)) {
            if !has_subject(folder, reading) {
                drafts.rule = *rule;
                judge(reading, &mut drafts);
            }
        }
    }
    drafts.done().is_empty()
}

/// Whether there is anything that the rules of a folder could speak of: most URIs
/// have no parameters, and most clients are libvirt.
fn has_subject(folder: &str, reading: &Reading<'_>) -> bool {
    match folder {
        "parameter" => memchr::memchr(b'?', reading.uri.text()).is_some(),
        "client" => !reading.others.is_empty() || reading.dialect() != UriDialect::Libvirt,
        // Settings matter where somebody connects, or where they are why the client refuses.
        "settings" => {
            reading.is_argument || reading.default_from.is_some() || reading.plan.refusal.is_some()
        }
        _ => true,
    }
}

/// Whether it is only about what a client does with a parameter. One that cannot
/// parse the URI does nothing with any; an error in it is still one.
fn is_about_use(rule: Rule) -> bool {
    use Consequence::{Forwarded, Ignored, Risky};
    let head = rule.head();
    rule.folder() == "parameter"
        && head.severity < Severity::Error
        && matches!(head.effect, Ignored | Forwarded | Risky)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(uri: &str, uid: u32) -> Vec<&'static str> {
        let mut machine = Machine::fixed("2026-01-01".into());
        machine.uid = uid;
        let source = Source::of_file(uri.as_bytes());
        let subject = Subject::new(&source, Client::LIBVIRT, &machine, false);
        let findings = subject.lint(&Levels::default()).findings;
        findings.iter().map(|finding| finding.rule.name()).collect()
    }

    #[test]
    fn nothing_is_said_of_what_an_unparseable_uri_would_do() {
        assert_eq!(found("qemu:///system?x=%zz", 1000), ["bad-percent-escape"]);
        assert_eq!(found("qemu:///system?x=é", 1000), ["unescaped-character"]);
        assert_eq!(found("qemu+ssh://h.example/system?socket=/a|b", 1000), ["unescaped-character"]);
        assert_eq!(
            found("qemu+ssh://a:b@h.example/system?x=%zz", 1000),
            ["password-in-uri", "bad-percent-escape"],
            "a secret is one all the same"
        );
        assert_eq!(
            found("qemu:///system?scoket=%zz", 1000),
            ["misspelt-parameter", "bad-percent-escape"],
            "two mistakes"
        );
    }

    #[test]
    fn a_fix_that_turns_a_check_off_is_unsafe() {
        use crate::finding::Applicability::{Safe, Unsafe};
        let machine = Machine::fixed("2026-01-01".into());
        for (parameter, applicability) in
            [("noverify=1", Unsafe), ("no_verfy=1", Unsafe), ("pkpath=/etc/pki", Safe)]
        {
            let uri = format!("qemu+tls://h.example/system?{parameter}");
            let source = Source::of_file(uri.as_bytes());
            let subject = Subject::new(&source, Client::LIBVIRT, &machine, false);
            let findings = subject.lint(&Levels::default()).findings;
            let misspelt = findings.iter().find(|one| one.rule == Rule::MisspeltParameter).unwrap();
            assert_eq!(misspelt.fixes[0].applicability, applicability, "{uri}");
        }
    }

    #[test]
    fn one_mistake_is_one_finding() {
        for driver in ["lxc", "bhyve", "nwfilter"] {
            for uid in [0, 1000] {
                let uri = format!("{driver}:///session");
                assert_eq!(found(&uri, uid), ["session-of-a-system-driver"], "{uri}");
            }
        }
        for (uri, rules) in [
            ("qemu+ssh://h.example:016509/system", &["port-of-another-service"][..]),
            ("vpx://system", &["path-word-as-host"]),
            ("qemu+ext://h.example/system", &["ext-without-command", "host-ignored"]),
        ] {
            assert_eq!(found(uri, 1000), rules, "{uri}");
        }
    }
}
