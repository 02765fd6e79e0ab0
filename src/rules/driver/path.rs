//! The path that the driver opens: compared literally, by the server.

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::drivers::{Driver, Paths, Runs};
use crate::text::Span;
use crate::text::nearest;

/// The paths of a driver, for a sentence and for suggestions.
fn legal(driver: &Driver) -> &'static [&'static str] {
    match driver.paths {
        Paths::SystemOrSession => &["/system", "/session"],
        Paths::System | Paths::SystemOrNone => &["/system"],
        Paths::Session => &["/session"],
        Paths::TestFile => &["/default"],
        Paths::VcenterInventory => &["/DATACENTER/HOST"],
        Paths::Unused | Paths::Unchecked => &[],
    }
}

/// Drivers behind a transport are opened by a daemon, others by the client.
fn judged(reading: &Reading<'_>) -> Option<(&'static Driver, Span)> {
    let driver = reading.driver()?;
    let path = reading.uri.path_span();
    let has_name =
        reading.uri.parameters().any(|parameter| parameter.name().eq_ignore_ascii_case(b"name"));
    // With `name=` the server opens another URI than this one.
    (!legal(driver).is_empty() && reading.has_certain_place() && !has_name)
        .then_some((driver, path))
}

/// Nothing, or only a slash, where the driver needs a path.
pub(crate) fn missing_path(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((driver, span)) = judged(reading) else { return };
    let path = reading.uri.path();
    if !matches!(path.as_ref(), b"" | b"/") || driver.paths == Paths::SystemOrNone {
        return;
    }
    let paths = legal(driver);
    let draft = out.at(span).fact("driver", driver.name).fact("paths", paths.join(" or "));
    quote(draft, driver, &path);
    if let Some(path) = paths.first().filter(|_| driver.runs == Runs::InDaemon) {
        draft.fix(format!("write {path}"), span, path);
    }
}

/// A path that the driver does not open.
pub(crate) fn wrong_path(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((driver, span)) = judged(reading) else { return };
    let path = reading.uri.path();
    let embedded = driver.embeddable && path.as_ref() == b"/embed";
    let file = matches!(driver.paths, Paths::TestFile | Paths::VcenterInventory);
    let text = String::from_utf8_lossy(&path);
    if matches!(path.as_ref(), b"" | b"/") || embedded || legal(driver).contains(&text.as_ref()) {
        return;
    }
    if file && !is_nearly(&text, legal(driver)) {
        return;
    }
    let draft = out
        .at(span)
        .fact("driver", driver.name)
        .fact("path", path.as_ref())
        .fact("paths", legal(driver).join(" or "));
    quote(draft, driver, &path);
    if let Some(meant) = meant(&text, legal(driver)) {
        draft.variant("near").fact("meant", meant).fix(format!("write {meant}"), span, meant);
    }
}

/// A path of the test driver is a file, unless it is nearly its one word.
fn is_nearly(path: &str, legal: &'static [&'static str]) -> bool {
    meant(path, legal).is_some_and(|meant| meant.eq_ignore_ascii_case(path.trim_end_matches('/')))
}

/// The legal path that this one was meant to be.
fn meant(path: &str, legal: &'static [&'static str]) -> Option<&'static str> {
    let word = path.trim_matches('/');
    let words = legal.iter().map(|path| &path[1..]);
    let near = nearest(word, words.clone());
    // `/system&no_verify=1`: the query's ? is missing.
    let cut = word.split(['&', ';']).next().filter(|cut| cut.len() < word.len());
    let found = near.or_else(|| cut.and_then(|cut| words.clone().find(|known| *known == cut)))?;
    legal.iter().copied().find(|path| &path[1..] == found)
}

/// What the server answers, for the drivers whose text is known.
fn quote(draft: &mut crate::finding::Draft, driver: &Driver, path: &[u8]) {
    let path = String::from_utf8_lossy(path);
    let name = match driver.name {
        "xen" => "Xen",
        "lxc" => "LXC",
        "vz" | "parallels" => "Virtuozzo",
        other => other,
    };
    let verb =
        if matches!(name, "LXC" | "Virtuozzo" | "bhyve") { "Unexpected" } else { "unexpected" };
    if driver.runs == Runs::InDaemon {
        let scheme = if driver.name == "parallels" { "vz" } else { driver.name };
        draft.quote(
            format!("internal error: {verb} {name} URI path '{path}', try {scheme}:///system"),
            None,
        );
    }
}
