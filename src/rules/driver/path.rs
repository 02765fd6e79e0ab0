//! The path that the driver opens: compared literally, by the server.

use std::borrow::Cow;

use bstr::ByteSlice;

use crate::finding::{Draft, Drafts};
use crate::rules::Reading;
use crate::tables::drivers::{Driver, Paths, Runs};
use crate::text::{Span, nearest};

/// The paths of a driver, for a sentence and for suggestions.
pub(crate) fn legal(driver: &Driver) -> &'static [&'static str] {
    match driver.paths {
        Paths::SystemOrSession => &["/system", "/session"],
        Paths::System | Paths::SystemOrNone => &["/system"],
        Paths::Session => &["/session"],
        Paths::TestFile => &["/default"],
        Paths::VcenterInventory => &["/DATACENTER/HOST"],
        Paths::Unused | Paths::Unchecked => &[],
    }
}

/// A path that its driver does not open.
struct Wrong<'a> {
    driver: &'static Driver,
    span: Span,
    path: Cow<'a, [u8]>,
    kind: Kind,
}

/// What is wrong with a path; with the one that is meant.
#[derive(Clone, Copy)]
enum Kind {
    Missing,
    TooShort,
    TrailingSlash(&'static str),
    DoubledSlash(&'static str),
    Case(&'static str),
    /// `/session` where only `/system` is.
    Session(&'static str),
    /// `/system` where only `/session` is.
    System(&'static str),
    /// `/system/guest1`.
    Extra(&'static str),
    /// `/run/libvirt/libvirt-sock`.
    Socket,
    Near(&'static str),
    Other,
}

/// Whether nothing is wrong with the path.
pub(crate) fn path_fits(reading: &Reading<'_>) -> bool {
    let Some(driver) = reading.driver() else { return false };
    let (raw, paths) = (reading.text(reading.uri.path_span()), legal(driver));
    paths.is_empty() || paths.iter().any(|path| path.as_bytes() == raw) || misfit(reading).is_none()
}

#[inline]
fn wrong<'a>(reading: &Reading<'a>) -> Option<Wrong<'a>> {
    if reading.has_fitting_path { None } else { misfit(reading) }
}

#[cold]
fn misfit<'a>(reading: &Reading<'a>) -> Option<Wrong<'a>> {
    let span = reading.uri.path_span();
    let raw = reading.text(span);
    let driver = reading.driver()?;
    let paths = legal(driver);
    // Behind a placeholder there may be a path already; one that is written out
    // is judged whatever the host will be.
    let written = reading.is_certain(span) && !matches!(raw, b"" | b"/");
    let nothing_more = reading.has_certain_place() && reading.has_certain_query();
    let begins = raw.starts_with(b"/") || reading.has_certain_place();
    if !(begins && (written || nothing_more)) {
        return None;
    }
    // With `name=` the server opens another URI than this one.
    if reading.uri.parameters().any(|parameter| parameter.name().eq_ignore_ascii_case(b"name")) {
        return None;
    }
    let path = reading.uri.path();
    let kind = kind(driver, paths, &path)?;
    Some(Wrong { driver, span, path, kind })
}

/// What is wrong; nothing where the path is right or may be a file.
fn kind(driver: &Driver, paths: &'static [&'static str], path: &[u8]) -> Option<Kind> {
    let path = path.to_str_lossy();
    let word = path.trim_matches('/');
    if paths.contains(&path.as_ref()) || driver.embeddable && path == "/embed" {
        return None;
    }
    if driver.paths == Paths::VcenterInventory {
        let segments = word.split('/').filter(|segment| !segment.is_empty()).count();
        return (segments < 2).then_some(Kind::TooShort);
    }
    if matches!(path.as_ref(), "" | "/") {
        return (driver.paths != Paths::SystemOrNone).then_some(Kind::Missing);
    }
    let exact = paths.iter().find(|known| &known[1..] == word);
    if let Some(known) = exact {
        if !path.starts_with('/') {
            return Some(Kind::Other);
        }
        let doubled = path.starts_with("//");
        return Some(if doubled { Kind::DoubledSlash(known) } else { Kind::TrailingSlash(known) });
    }
    if let Some(known) = paths.iter().find(|known| known[1..].eq_ignore_ascii_case(word)) {
        return Some(Kind::Case(known));
    }
    let one_segment = !word.contains('/');
    let near = nearest(word, paths.iter().map(|known| &known[1..])).filter(|_| one_segment);
    let near = near.and_then(|near| paths.iter().find(|known| &known[1..] == near));
    if driver.paths == Paths::TestFile {
        // Anything else is a file.
        let one_word = word.bytes().all(|byte| byte.is_ascii_alphabetic());
        return near.filter(|_| one_word).map(|known| Kind::Near(known));
    }
    Some(match (driver.paths, word) {
        (Paths::System | Paths::SystemOrNone, "session") => Kind::Session("/system"),
        (Paths::Session, "system") => Kind::System("/session"),
        _ if path.contains("libvirt-sock") || path.ends_with("-sock") => Kind::Socket,
        _ => match (near, extra(&path, paths)) {
            (Some(near), _) => Kind::Near(near),
            (None, Some(known)) => Kind::Extra(known),
            (None, None) => Kind::Other,
        },
    })
}

/// The path of which this one is too long.
fn extra(path: &str, paths: &'static [&'static str]) -> Option<&'static str> {
    paths
        .iter()
        .find(|known| path.strip_prefix(**known).is_some_and(|rest| rest.starts_with('/')))
        .copied()
}

/// The draft with the facts that all pages about paths share.
fn told<'d>(wrong: &Wrong<'_>, out: &'d mut Drafts) -> &'d mut Draft {
    let draft = out
        .at(wrong.span)
        .fact("driver", wrong.driver.name)
        .fact("path", wrong.path.as_ref())
        .fact("paths", legal(wrong.driver).join(" or "));
    quote(draft, wrong.driver, &wrong.path);
    draft
}

/// The same with a path to write instead.
fn meant(wrong: &Wrong<'_>, path: &str, out: &mut Drafts) {
    told(wrong, out).fact("meant", path).fix(format!("write {path}"), wrong.span, path);
}

/// Nothing, or only a slash, where the driver needs a path.
pub(crate) fn missing_path(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(wrong @ Wrong { kind: Kind::Missing, .. }) = wrong(reading) else { return };
    if wrong.driver.paths == Paths::TestFile {
        return;
    }
    let draft = told(&wrong, out);
    if let Some(path) = legal(wrong.driver).first() {
        draft.fix(format!("write {path}"), wrong.span, path);
    }
}

/// `test:///`.
pub(crate) fn test_without_path(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(wrong @ Wrong { kind: Kind::Missing, .. }) = wrong(reading) else { return };
    if wrong.driver.paths == Paths::TestFile {
        out.at(wrong.span)
            .quote("invalid argument: testOpen: supply a path or use test:///default", None)
            .fix("write /default", wrong.span, "/default");
    }
}

/// `vpx://vcenter/dc`.
pub(crate) fn vcenter_path_too_short(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(wrong @ Wrong { kind: Kind::TooShort, .. }) = wrong(reading) else { return };
    let draft = out
        .at(wrong.span)
        .fact("path", wrong.path.as_ref())
        .quote("invalid argument: Path has to specify the datacenter and compute resource", None);
    if matches!(wrong.path.as_ref(), b"" | b"/") {
        draft.variant("none");
    }
}

/// A path that the driver does not open.
pub(crate) fn wrong_path(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong @ Wrong { kind: Kind::Other, .. }) = wrong(reading) {
        told(&wrong, out);
    }
}

/// `/sytem`.
pub(crate) fn misspelt_path(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(wrong) = wrong(reading) else { return };
    if let Kind::Near(path) = wrong.kind
        && wrong.driver.paths != Paths::TestFile
    {
        meant(&wrong, path, out);
    }
}

/// `/system/`.
pub(crate) fn trailing_slash_in_path(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && let Kind::TrailingSlash(path) = wrong.kind
        && wrong.driver.paths != Paths::TestFile
    {
        meant(&wrong, path, out);
    }
}

/// `//system`.
pub(crate) fn doubled_slash_in_path(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && let Kind::DoubledSlash(path) = wrong.kind
    {
        meant(&wrong, path, out);
    }
}

/// `/System`.
pub(crate) fn path_case(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && let Kind::Case(path) = wrong.kind
        && wrong.driver.paths != Paths::TestFile
    {
        meant(&wrong, path, out);
    }
}

/// `test:///Default`.
pub(crate) fn test_default_misspelt(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && wrong.driver.paths == Paths::TestFile
        && let Kind::Case(path) | Kind::TrailingSlash(path) | Kind::Near(path) = wrong.kind
    {
        meant(&wrong, path, out);
    }
}

/// `lxc:///session`.
pub(crate) fn session_of_a_system_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && let Kind::Session(path) = wrong.kind
    {
        meant(&wrong, path, out);
    }
}

/// `vmwareplayer:///system`.
pub(crate) fn system_of_a_session_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && let Kind::System(path) = wrong.kind
    {
        meant(&wrong, path, out);
    }
}

/// `/system/guest1`.
pub(crate) fn extra_path_segment(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(wrong) = wrong(reading)
        && let Kind::Extra(path) = wrong.kind
    {
        meant(&wrong, path, out);
    }
}

/// `qemu+unix:///run/libvirt/libvirt-sock`.
pub(crate) fn socket_as_path(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(wrong @ Wrong { kind: Kind::Socket, .. }) = wrong(reading) else { return };
    let draft = told(&wrong, out);
    if reading.uri.query_span().is_none()
        && let Some(path) = legal(wrong.driver).first()
    {
        let better = format!("{path}?socket={}", reading.text(wrong.span).to_str_lossy());
        draft.fix(format!("write {better}"), wrong.span, better);
    }
}

/// `/%73ystem`: right, but only after decoding.
pub(crate) fn encoded_path(reading: &Reading<'_>, out: &mut Drafts) {
    let span = reading.uri.path_span();
    if !reading.has_escapes || !reading.text(span).contains(&b'%') {
        return;
    }
    let (Some(driver), path) = (reading.driver(), reading.uri.path()) else { return };
    if reading.is_certain(span) && legal(driver).iter().any(|known| known.as_bytes() == &*path) {
        out.at(span).fact("path", path.as_ref()).fix(
            format!("write {}", path.to_str_lossy()),
            span,
            path.as_ref(),
        );
    }
}

/// What the server answers, for the drivers whose text is known.
fn quote(draft: &mut Draft, driver: &Driver, path: &[u8]) {
    let path = path.to_str_lossy();
    let name = match driver.name {
        "xen" => "Xen",
        "lxc" => "LXC",
        "vz" | "parallels" => "Virtuozzo",
        "openvz" => "OpenVZ",
        "vmwareplayer" | "vmwarews" | "vmwarefusion" => "VMware",
        "test" => {
            let message = format!("XML error: failed to parse xml document '{path}'");
            draft.quote(message, None);
            return;
        }
        other => other,
    };
    let verb =
        if matches!(name, "LXC" | "Virtuozzo" | "bhyve") { "Unexpected" } else { "unexpected" };
    let instead = match driver.name {
        "parallels" => "vz:///system".to_owned(),
        _ if driver.paths == Paths::Session => {
            "vmwareplayer:///session, vmwarews:///session or vmwarefusion:///session".to_owned()
        }
        name => format!("{name}:///system"),
    };
    if driver.runs != Runs::InClientRemote {
        let message = format!("internal error: {verb} {name} URI path '{path}', try {instead}");
        draft.quote(message, None);
    }
}
