//! From findings and evidence to a verdict: which hop failed first, and which
//! finding says why.

use serde::Serialize;

use crate::engine::bind::EVIDENCE;
use crate::engine::subject::static_drafts;
use crate::engine::{Levels, Subject, replaced, seal};
use crate::evidence::{Evidence, Login, RpcOutcome, SeenFile, UnixConnect};
use crate::finding::{Consequence, Draft, Drafts, Finding, Rule, RuleId, Severity};
use crate::plan::{Hop, Outcome, Plan, Refusal};
use crate::rules::{Reading, Seen, ssh, tls};
use crate::tables::transports::Transport;
use crate::text::{Span, Veil};
use crate::uri::Uri;

/// What a check says about a connection, as the client without a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// libvirt answered and asks for nothing.
    Ok,
    /// The client would fail.
    Fails,
    /// The client would ask a person.
    NeedsInput,
    /// Not all could be looked at.
    Unsure,
}

/// How a hop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Ok,
    Failed,
    /// It went well, and there is something to say about it.
    Warning,
    NeedsInput,
    /// A hop before it failed.
    NotReached,
    /// Left out on purpose.
    Skipped,
}

/// One hop of the way and how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HopStatus {
    pub(crate) hop: Hop,
    pub(crate) status: Status,
}

/// Everything that a check has to say about one connection.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    pub(crate) plan: Plan,
    pub(crate) veil: Veil,
    pub(crate) findings: Vec<Finding>,
    pub(crate) hops: Vec<HopStatus>,
    pub(crate) verdict: Verdict,
    /// The index of the finding that explains the verdict.
    pub(crate) cause: Option<usize>,
    /// Why a policy could not judge.
    pub(crate) failures: Vec<String>,
    /// The indices of findings that may explain it as well, the likelier first.
    pub(crate) rivals: Vec<usize>,
}

impl Diagnosis {
    /// The rule of the cause.
    pub(crate) fn cause_rule(&self) -> Option<RuleId> {
        self.cause.map(|at| self.findings[at].rule)
    }

    /// Takes out what these rules found, and says how much that was. What explains the
    /// verdict stays.
    pub(crate) fn silence(&mut self, rules: &[RuleId]) -> usize {
        let all = self.findings.len();
        let explains: Vec<usize> = self.cause.into_iter().chain(self.rivals.clone()).collect();
        let stays =
            |at: usize, finding: &Finding| explains.contains(&at) || !rules.contains(&finding.rule);
        let places: Vec<usize> = (0..all).filter(|at| stays(*at, &self.findings[*at])).collect();
        let place = |old: usize| places.iter().position(|kept| *kept == old);
        let mut at = 0..;
        self.findings.retain(|_| at.next().and_then(place).is_some());
        self.cause = self.cause.and_then(place);
        self.rivals = self.rivals.iter().copied().filter_map(place).collect();
        for finding in &mut self.findings {
            finding.consequence_of = finding.consequence_of.and_then(place);
        }
        let findings = &self.findings;
        let warned =
            |hop| findings.iter().any(|one| one.hop == hop && one.severity >= Severity::Warning);
        for hop in self.hops.iter_mut().filter(|hop| hop.status == Status::Warning) {
            if !warned(hop.hop) {
                hop.status = Status::Ok;
            }
        }
        all - self.findings.len()
    }

    /// Only the findings of rules on evidence.
    pub(crate) fn evidence_findings(self) -> Vec<Finding> {
        let on_evidence = |rule: RuleId| EVIDENCE.iter().any(|row| rule == row.0);
        self.findings.into_iter().filter(|finding| on_evidence(finding.rule)).collect()
    }
}

/// Judges text, plan and evidence of one connection.
pub(crate) fn judge_evidence(
    subject: &Subject<'_>,
    evidence: &Evidence,
    levels: &Levels,
) -> Diagnosis {
    subject.read(|reading| {
        let veil = reading.uri.veil();
        let mut drafts = static_drafts(reading, levels);
        drafts.extend(evidence_drafts(reading, evidence, levels));
        let mut drafts = replaced(drafts, reading.uri);
        let own = subject.ask(reading, &veil, levels);
        drafts.extend(own.drafts);
        let mut findings = seal(&drafts, &veil, levels);
        findings.retain(|finding| !is_cut_off(finding, evidence));
        let plan = reading.plan.clone();
        let failed = first_failed(&plan, evidence);
        let seen = failed.and_then(|hop| first_seen(&findings, hop));
        let (verdict, cause) = conclude(&plan, evidence, &findings, failed, seen, reading.uri);
        // What was seen knows what the client prints.
        if let (Some(cause), Some(seen)) = (cause, seen)
            && findings[cause].virsh.is_none()
        {
            let virsh = findings[seen].virsh.clone();
            findings[cause].virsh = virsh;
        }
        let rivals = rivals(&findings, cause);
        mark_consequences(&mut findings, cause, &rivals);
        let hops = statuses(&plan, evidence, &findings, failed);
        Diagnosis { plan, veil, findings, hops, verdict, cause, rivals, failures: own.failures }
    })
}

/// What was seen of a hop before the time was up may have become better: it is no failure.
fn is_cut_off(finding: &Finding, evidence: &Evidence) -> bool {
    evidence.unfinished == Some(finding.hop)
        && finding.severity == Severity::Error
        && EVIDENCE.iter().any(|row| finding.rule == row.0)
}

fn evidence_drafts(reading: &Reading<'_>, evidence: &Evidence, levels: &Levels) -> Vec<Draft> {
    let mut drafts = Drafts::new();
    let seen = Seen { reading, plan: reading.plan, evidence };
    for (rule, judge) in EVIDENCE.iter().filter(|(rule, _)| levels.is_on(*rule)) {
        drafts.rule = *rule;
        judge(&seen, &mut drafts);
    }
    drafts.done()
}

/// Whether the evidence says that a hop was passed; nothing where it was not
/// looked at. The same for every transport: what belongs to a hop is in its
/// evidence.
fn passed(hop: Hop, plan: &Plan, evidence: &Evidence) -> Option<bool> {
    if evidence.is_skipped(hop).is_some() || evidence.unfinished == Some(hop) {
        return None;
    }
    match hop {
        Hop::Uri => Some(matches!(plan.outcome, Outcome::Daemon | Outcome::InProcess)),
        Hop::Local => evidence.local.as_ref().map(|local| {
            let program = local.program.as_ref().is_none_or(|program| program.path.is_some());
            let socket = local
                .socket
                .as_ref()
                .is_none_or(|socket| matches!(socket.connect, Some(UnixConnect::Accepted)));
            program
                && socket
                && local.files.iter().all(SeenFile::suffices)
                && tls::files_suffice(plan, evidence)
        }),
        Hop::Name => evidence.name.as_ref().map(|name| !name.resolution.addresses().is_empty()),
        Hop::Network => evidence.network.as_ref().map(|network| network.way_in().is_some()),
        Hop::Session => session_passed(plan, evidence),
        Hop::Remote => remote_passed(plan, evidence),
        Hop::Daemon => evidence.daemon.as_ref().map(|daemon| {
            let login = login(plan, evidence);
            login.is_some_and(|login| !login.is_end())
                && daemon.without_mechanisms().is_none()
                && daemon.without_plugin().is_none()
        }),
        // A guest made up by the client itself: nothing of it can fail.
        Hop::Driver if plan.needs_nothing() => Some(true),
        Hop::Driver => is_opened(evidence),
    }
}

fn session_passed(plan: &Plan, evidence: &Evidence) -> Option<bool> {
    match &evidence.session {
        Some(session) if !session.established => {
            ssh::doubt(plan, evidence).is_none().then_some(false)
        }
        Some(_) => Some(!is_in_its_own_way(evidence)),
        None => tls::stands(plan, evidence),
    }
}

/// Whether ssh carries nothing to the daemon because its own configuration says so.
fn is_in_its_own_way(evidence: &Evidence) -> bool {
    let config = evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let answered = evidence.daemon.as_ref().is_some_and(|daemon| daemon.answered().is_some());
    config.is_some_and(|config| !config.in_the_way.is_empty()) && !answered
}

/// Whether only the client itself can tell if it would have come this far.
fn is_doubtful(plan: &Plan, evidence: &Evidence) -> bool {
    ssh::doubt(plan, evidence).is_some()
        || (evidence.tls.is_some() && session_passed(plan, evidence) != Some(true))
}

/// What the client does about the login that the daemon asks for.
fn login(plan: &Plan, evidence: &Evidence) -> Option<Login> {
    evidence.daemon.as_ref()?.login(plan.authentication())
}

/// Whether the server opened the name; nothing where it was not asked.
fn is_opened(evidence: &Evidence) -> Option<bool> {
    evidence.driver.as_ref().map(|opening| opening.outcome.answer().is_some())
}

/// The remote side is passed where something came back that only libvirt sends,
/// or where everything stays open.
fn remote_passed(plan: &Plan, evidence: &Evidence) -> Option<bool> {
    let established = evidence.session.as_ref()?.established;
    if !plan.transport.is_some_and(Transport::is_ssh_like) || !established {
        return None;
    }
    let daemon = evidence.daemon.as_ref()?;
    Some(match daemon.outcome {
        RpcOutcome::Answered(_) | RpcOutcome::Error(_) | RpcOutcome::Garbled(_) => true,
        RpcOutcome::Silent => !evidence.is_remote_silent(),
        _ => false,
    })
}

fn first_failed(plan: &Plan, evidence: &Evidence) -> Option<Hop> {
    plan.hops().iter().copied().find(|hop| passed(*hop, plan, evidence) == Some(false))
}

fn conclude(
    plan: &Plan,
    evidence: &Evidence,
    findings: &[Finding],
    failed: Option<Hop>,
    seen: Option<usize>,
    uri: &Uri<'_>,
) -> (Verdict, Option<usize>) {
    // A policy says what should not be, and nothing about why it fails.
    let position = |wanted: &dyn Fn(&Finding) -> bool| {
        findings.iter().position(|finding| finding.rule.builtin().is_some() && wanted(finding))
    };
    if let Some(refusal) = &plan.refusal {
        let rules = explains(refusal);
        let cause = rules.iter().find_map(|rule| position(&|finding| finding.rule == *rule));
        // Nothing but the text was looked at: an error in it is why.
        let in_text = |finding: &Finding| finding.hop == Hop::Uri;
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        let cause = cause
            .or_else(|| position(&|one| in_text(one) && is_error(one) && one.effect.is_failure()))
            .or_else(|| position(&|one| in_text(one) && one.effect.is_failure()))
            .or_else(|| position(&|one| in_text(one) && is_error(one)))
            .or_else(|| position(&is_error));
        return (Verdict::Fails, cause);
    }
    if failed.is_some() {
        // Whatever fails on the way to a place that nobody meant is no cause.
        let misled = position(&|finding| {
            finding.effect == Consequence::WrongPlace && finding.severity == Severity::Error
        });
        if misled.is_some() {
            return (Verdict::Fails, misled);
        }
        return (Verdict::Fails, seen.map(|seen| explained(findings, seen, uri)));
    }
    // The proof: whatever the text made one fear.
    let is_proven = is_opened(evidence) == Some(true) && !is_doubtful(plan, evidence);
    if plan.needs_nothing() || is_proven {
        return (Verdict::Ok, None);
    }
    // All that was looked at went well: what the server would still refuse.
    if let Some(cause) =
        position(&|finding| finding.hop == Hop::Driver && finding.effect.is_failure())
    {
        return (Verdict::Fails, Some(cause));
    }
    if let Some(cause) = position(&|finding| is_foreseen(finding, evidence)) {
        return (Verdict::Fails, Some(cause));
    }
    match login(plan, evidence) {
        Some(Login::Sasl | Login::Polkit) => {
            (Verdict::NeedsInput, position(&|finding| finding.hop == Hop::Daemon))
        }
        _ => (
            Verdict::Unsure,
            position(&|finding| {
                let rules = [
                    Rule::CommandNotRun,
                    Rule::OutOfTime,
                    Rule::OnwardName,
                    Rule::TlsNotJudged,
                    Rule::SaslAsked,
                    Rule::LibraryNotJudged,
                ];
                rules.iter().any(|rule| finding.rule == *rule)
            }),
        ),
    }
}

/// Whether it is about a login that was not tried and that cannot come about.
fn is_foreseen(finding: &Finding, evidence: &Evidence) -> bool {
    finding.hop == Hop::Session
        && evidence.session.is_none()
        && finding.severity == Severity::Error
        && finding.effect.is_failure()
        && EVIDENCE.iter().any(|row| finding.rule == row.0)
}

/// What was seen at the hop that failed.
fn first_seen(findings: &[Finding], hop: Hop) -> Option<usize> {
    let explains = |finding: &Finding| {
        finding.hop == hop
            && finding.severity == Severity::Error
            && finding.effect.is_failure()
            && EVIDENCE.iter().any(|row| finding.rule == row.0)
    };
    let mut seen = (0..findings.len()).filter(|at| explains(&findings[*at])).collect::<Vec<_>>();
    seen.sort_by_key(|at| findings[*at].is_less_likely);
    seen.first().copied()
}

/// What the evidence leaves as causes beside the one that is named.
fn rivals(findings: &[Finding], cause: Option<usize>) -> Vec<usize> {
    let Some(cause) = cause else { return Vec::new() };
    let named = &findings[cause];
    let is_rival = |one: RuleId, other: RuleId| {
        one.builtin().zip(other.builtin()).is_some_and(|(one, other)| one.is_rival_of(other))
    };
    let may_be = |finding: &Finding| {
        finding.hop == named.hop
            && finding.severity == Severity::Error
            && is_rival(finding.rule, named.rule)
    };
    let mut rivals: Vec<usize> =
        (0..findings.len()).filter(|at| *at != cause && may_be(&findings[*at])).collect();
    rivals.sort_by_key(|at| findings[*at].is_less_likely);
    rivals
}

/// What stands in the text and from which follows what was seen, an error rather than a
/// warning; else what was seen. Its page names the rule, and both are about the same
/// parameter, or about none.
fn explained(findings: &[Finding], seen: usize, uri: &Uri<'_>) -> usize {
    let about = |span: Span| uri.parameters().position(|one| one.section.contains(span));
    let (rule, place) = (findings[seen].rule, about(findings[seen].span));
    let reason = |severity: Severity| {
        findings.iter().position(|finding| {
            finding.severity == severity
                && finding.rule.builtin().is_some_and(|own| own.explains(rule))
                && about(finding.span) == place
        })
    };
    reason(Severity::Error).or_else(|| reason(Severity::Warning)).unwrap_or(seen)
}

/// The rules that say in our words what a refusal says in the client's.
fn explains(refusal: &Refusal) -> &'static [Rule] {
    match refusal {
        Refusal::ConfUnreadable { .. } | Refusal::Conf { .. } | Refusal::Alias(_) => {
            &[Rule::BrokenLibvirtConf]
        }
        Refusal::NoDriver(_) => &[
            Rule::UnknownAlias,
            Rule::MissingColon,
            Rule::HostWithoutDriver,
            Rule::AddressAsDriver,
            Rule::EncodedUri,
            Rule::MissingDriver,
        ],
        Refusal::MissingSlash { .. } => &[Rule::PathWordAsHost],
        Refusal::UnknownTransport => &[
            Rule::SwappedDriverAndTransport,
            Rule::TransportAsDriver,
            Rule::EmptyTransport,
            Rule::SeveralTransports,
            Rule::UnknownTransport,
        ],
        Refusal::UnixWithHost(_) => &[Rule::UnixWithHost],
        Refusal::ExtWithoutCommand => &[Rule::ExtWithoutCommand],
        Refusal::Switch(_)
        | Refusal::Mode(_)
        | Refusal::Proxy(_)
        | Refusal::HostKeyVerification(_)
        | Refusal::SshAuthMethod(_)
        | Refusal::HypervTransport(_) => &[Rule::WrongParameterValue],
        Refusal::EsxParameter(_) => &[Rule::ValueCrashesClient],
        Refusal::EmbedScheme(_) => &[Rule::EmbedWithTransport, Rule::UpperCaseDriver],
        Refusal::EmbedWithoutRoot => &[Rule::EmbedWithoutRoot],
        Refusal::EmbedRelativeRoot => &[Rule::EmbedRelativeRoot],
        Refusal::NotEmbeddable(_) => &[Rule::NotEmbeddable],
        Refusal::BuiltWithout(_) => &[Rule::DriverNotBuilt],
        Refusal::NoHost => &[Rule::EsxWithoutHost],
        Refusal::TestWithoutPath => &[Rule::TestWithoutPath],
        Refusal::VpxPath => &[Rule::VcenterPathTooShort],
        Refusal::OpenvzPath(_) | Refusal::VmwarePath(_) => &[
            Rule::MissingPath,
            Rule::WrongPath,
            Rule::MisspeltPath,
            Rule::TrailingSlashInPath,
            Rule::DoubledSlashInPath,
            Rule::PathCase,
            Rule::ExtraPathSegment,
            Rule::SocketAsPath,
            Rule::SessionOfASystemDriver,
            Rule::SystemOfASessionDriver,
        ],
        _ => &[],
    }
}

/// What stands further down the way than the cause only follows from it. Names and ports
/// are looked at in any case: what is missing on this machine breaks none of them.
fn mark_consequences(findings: &mut [Finding], cause: Option<usize>, rivals: &[usize]) {
    let Some(cause) = cause else { return };
    let hop = findings[cause].hop;
    let is_apart = |other: Hop| hop == Hop::Local && matches!(other, Hop::Name | Hop::Network);
    for (at, finding) in findings.iter_mut().enumerate() {
        let on_evidence = EVIDENCE.iter().any(|row| finding.rule == row.0);
        if at != cause
            && !rivals.contains(&at)
            && on_evidence
            && finding.hop >= hop
            && !is_apart(finding.hop)
            && finding.severity == Severity::Error
        {
            finding.consequence_of = Some(cause);
        }
    }
}

fn statuses(
    plan: &Plan,
    evidence: &Evidence,
    findings: &[Finding],
    failed: Option<Hop>,
) -> Vec<HopStatus> {
    let all: &[Hop] = if plan.refusal.is_some() { &[Hop::Uri] } else { plan.hops() };
    let warned = |hop: Hop| {
        findings.iter().any(|finding| finding.hop == hop && finding.severity >= Severity::Warning)
    };
    let needs_input = matches!(login(plan, evidence), Some(Login::Sasl | Login::Polkit));
    let foreseen =
        failed.is_none() && findings.iter().any(|finding| is_foreseen(finding, evidence));
    all.iter()
        .map(|hop| {
            let status = match passed(*hop, plan, evidence) {
                _ if failed.or(evidence.unfinished).is_some_and(|end| *hop > end) => {
                    Status::NotReached
                }
                Some(false) => Status::Failed,
                Some(true) if *hop == Hop::Daemon && needs_input => Status::NeedsInput,
                Some(true) if warned(*hop) => Status::Warning,
                Some(true) => Status::Ok,
                None if foreseen && *hop == Hop::Session => Status::Failed,
                None if foreseen && *hop > Hop::Session => Status::NotReached,
                None if *hop == Hop::Driver && warned(Hop::Driver) => Status::Failed,
                None => Status::Skipped,
            };
            HopStatus { hop: *hop, status }
        })
        .collect()
}
