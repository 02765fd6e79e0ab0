//! Drivers that run within the client, those that open only a part of a host,
//! and the pseudo driver `remote`: how they are reached.

use std::net::Ipv6Addr;

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::{Proxy, Refusal};
use crate::rules::Reading;
use crate::tables::drivers::{Driver, Paths, Runs};
use crate::tables::transports::Transport;
use crate::text::Span;

/// The driver, where the URI has no transport and the driver runs so.
fn client_driver(reading: &Reading<'_>, runs: Runs) -> Option<&'static Driver> {
    let driver = reading.driver().filter(|driver| driver.runs == runs)?;
    reading.uri.transport_span().is_none().then_some(driver)
}

/// `test://localhost/default`.
pub(crate) fn local_driver_with_host(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(host), Some(driver)) =
        (reading.uri.host_span(), client_driver(reading, Runs::InClientLocal))
    else {
        return;
    };
    if !reading.is_certain(host) || is_test_file(reading, driver) {
        return;
    }
    let path = reading.uri.path_span();
    let authority = Span::new(reading.slashes_span().end as usize, path.start as usize);
    out.at(host)
        .fact("driver", driver.name)
        .fact("host", reading.uri.host().unwrap_or_default())
        .fix("remove the host", authority, "");
}

/// `test://./guests.xml`.
pub(crate) fn test_file_as_host(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(host), Some(driver)) =
        (reading.uri.host_span(), client_driver(reading, Runs::InClientLocal))
    else {
        return;
    };
    if is_test_file(reading, driver) && reading.has_certain_place() {
        let file = host.to(reading.uri.path_span());
        out.at(host).fact("file", reading.text(file)).fact("host", reading.text(host));
    }
}

fn is_test_file(reading: &Reading<'_>, driver: &Driver) -> bool {
    let host = reading.uri.host().unwrap_or_default();
    driver.paths == Paths::TestFile
        && (matches!(host.as_ref(), b"." | b"..")
            || host.ends_with(b".xml")
            || reading.uri.path().ends_with(b".xml"))
}

/// `test+unix:///default`.
pub(crate) fn test_driver_through_daemon(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = reading.driver().filter(|driver| driver.paths == Paths::TestFile) else {
        return;
    };
    if let Some(span) = reading.uri.transport_span()
        && reading.plan.transport == Some(Transport::Unix)
        && reading.uri.host_span().is_none()
        // Who names the socket wants that daemon.
        && reading.plan.used("socket").is_none()
    {
        let plus_on = Span::new(span.start as usize - 1, span.end as usize);
        out.at(span).fact("driver", driver.name).fix("remove the transport", plus_on, "");
    }
}

/// `esx+ssh://host/`.
pub(crate) fn client_driver_with_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = reading.driver().filter(|driver| driver.runs == Runs::InClientRemote) else {
        return;
    };
    if let Some(span) = reading.uri.transport_span()
        && reading.plan.transport.is_some()
        && reading.is_certain(span)
    {
        let plus_on = Span::new(span.start as usize - 1, span.end as usize);
        out.at(span).fact("driver", driver.name).fact("transport", reading.text(span)).fix(
            "remove the transport",
            plus_on,
            "",
        );
    }
}

/// `esx:///`.
pub(crate) fn esx_without_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = client_driver(reading, Runs::InClientRemote) else { return };
    if reading.uri.host_span().is_none() && reading.has_certain_place() {
        let draft = out.at(reading.slashes_span()).fact("driver", driver.name);
        if let Some(Refusal::NoHost) = reading.plan.refusal {
            draft.quote(Refusal::NoHost.text(), None);
        }
    }
}

/// `esx://host/system`.
pub(crate) fn esx_path_ignored(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = client_driver(reading, Runs::InClientRemote) else { return };
    let path = reading.uri.path_span();
    if driver.paths == Paths::Unused
        && !matches!(reading.text(path), b"" | b"/")
        && reading.uri.host_span().is_some()
        && reading.is_certain(path)
    {
        out.at(path).fact("driver", driver.name).fact("path", reading.text(path)).fix(
            "remove the path",
            path,
            "/",
        );
    }
}

/// `esx://[2001:db8::7]/`.
pub(crate) fn ipv6_with_esx(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = client_driver(reading, Runs::InClientRemote) else { return };
    let (Some(span), Some(host)) = (reading.uri.host_span(), reading.uri.host()) else { return };
    if driver.name != "hyperv" && host.to_str().is_ok_and(|host| host.parse::<Ipv6Addr>().is_ok()) {
        out.at(span).fact("driver", driver.name).fact("address", host.as_ref()).quote(
            format!(
                "internal error: IP address lookup for host '{}' failed: Name or service not known",
                host.to_str_lossy()
            ),
            None,
        );
    }
}

/// The distribution left the driver out.
pub(crate) fn driver_not_built(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(Refusal::BuiltWithout(driver)), Some(span)) =
        (&reading.plan.refusal, reading.uri.driver_span())
    else {
        return;
    };
    let error = reading.plan.error().unwrap_or_default();
    out.at(span).fact("driver", driver.to_ascii_lowercase()).quote(error, None);
}

/// `remote+ssh://host/`.
pub(crate) fn remote_driver_over_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = reading.driver().filter(|driver| driver.runs == Runs::Pseudo) else {
        return;
    };
    let plan = reading.plan;
    let helper = plan.proxy.is_some_and(|proxy| proxy != Proxy::Netcat);
    let named = plan.remote_name.as_ref().is_some_and(|name| !name.is_empty());
    let certain = reading.uri.query_span().is_none_or(|query| reading.is_certain(query));
    if plan.transport.is_some_and(Transport::is_ssh_like)
        && helper
        && !named
        && certain
        && let Some(span) = reading.uri.driver_span()
    {
        out.at(span).fact("driver", driver.name);
    }
}

/// `network:///system`.
pub(crate) fn secondary_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(driver) = reading.driver() else { return };
    if driver.runs == Runs::InDaemon
        && driver.what.ends_with(" only")
        && let Some(span) = reading.uri.driver_span()
    {
        out.at(span).fact("driver", driver.name).fact("what", driver.what);
    }
}

/// `qemu+ssh://host/session`.
pub(crate) fn remote_session(reading: &Reading<'_>, out: &mut Drafts) {
    let path = reading.uri.path_span();
    if reading.text(path) != b"/session"
        || !reading.plan.transport.is_some_and(Transport::is_ssh_like)
        || reading.driver().is_none_or(|driver| driver.name != "qemu")
    {
        return;
    }
    // Who names user or socket knows whose daemon it is.
    if reading.uri.user_span().is_none()
        && reading.plan.used("socket").is_none()
        && let Some(host) = reading.uri.host_span().filter(|host| reading.is_certain(*host))
    {
        out.at(path).fact("host", reading.text(host));
    }
}
