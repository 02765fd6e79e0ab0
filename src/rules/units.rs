//! What systemd's units say about a system socket that nobody answers at.

use crate::evidence::Unit;
use crate::finding::Draft;

/// Where the system's daemons have their sockets.
const FOLDERS: [&str; 2] = ["/var/run/libvirt", "/run/libvirt"];

/// Why nobody listens at a socket, as far as systemd knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Idle<'u> {
    /// No unit that would make it.
    NotInstalled,
    /// Modular daemons run, and what makes the old socket beside them does not.
    ProxyOff {
        installed: bool,
    },
    Masked(&'u str),
    Failed(&'u Unit),
    /// Installed, and not switched on.
    Disabled(&'u str),
    /// Switched on, and not running.
    Stopped(&'u str),
    /// Running, and the file of its socket is gone.
    Vanished(&'u str),
}

/// What the units say about the socket at `path`; nothing where there is no systemd, or
/// where it is no socket of a system daemon.
pub(super) fn why_idle<'u>(units: &'u [Unit], path: &str) -> Option<Idle<'u>> {
    let (folder, _) = path.rsplit_once('/')?;
    if units.is_empty() || !FOLDERS.contains(&folder) {
        return None;
    }
    let own = unit_of(path);
    let proxy = own.replace("libvirtd", "virtproxyd");
    let monolithic = own.replace(daemon_of(&own), "libvirtd");
    let find = |name: &str| units.iter().find(|unit| unit.name == name);
    let installed = |name: &str| find(name).filter(|unit| unit.is_installed());
    // The unit by the socket's own name, what makes the same socket, and the other kind.
    let candidates = [own.as_str(), proxy.as_str(), monolithic.as_str()];
    let candidates: Vec<&Unit> = candidates.into_iter().filter_map(installed).collect();
    let running = candidates.iter().find(|unit| unit.is_active());
    if let Some(unit) = running {
        return Some(Idle::Vanished(&unit.name));
    }
    if let Some(unit) = candidates.iter().find(|unit| unit.active == "failed") {
        return Some(Idle::Failed(unit));
    }
    if own.starts_with("libvirtd") && find("virtqemud.socket").is_some_and(Unit::is_active) {
        return Some(Idle::ProxyOff { installed: installed(&proxy).is_some() });
    }
    let usable: Vec<&&Unit> = candidates.iter().filter(|unit| unit.load != "masked").collect();
    let enabled = usable.iter().find(|unit| unit.enabled.starts_with("enabled"));
    Some(match (enabled, usable.first(), candidates.first()) {
        (Some(unit), _, _) => Idle::Stopped(&unit.name),
        (None, Some(unit), _) => Idle::Disabled(&unit.name),
        (None, None, Some(unit)) => Idle::Masked(&unit.name),
        (None, None, None) => Idle::NotInstalled,
    })
}

/// Names the variant of a missing socket, and the unit that would make it.
pub(super) fn name_idle(draft: &mut Draft, idle: Idle<'_>) {
    match idle {
        Idle::NotInstalled => draft.variant("not-installed"),
        Idle::ProxyOff { installed: true } => draft.variant("proxy-off"),
        Idle::ProxyOff { installed: false } => draft.variant("proxy-not-installed"),
        Idle::Masked(unit) => draft.variant("masked").fact("unit", unit),
        Idle::Disabled(unit) => draft.variant("disabled").fact("unit", unit),
        Idle::Stopped(unit) => draft.variant("stopped").fact("unit", unit),
        Idle::Vanished(unit) => draft.variant("vanished").fact("unit", unit),
        Idle::Failed(unit) => draft
            .variant("failed")
            .fact("unit", &unit.name)
            .fact("service", service_of(&unit.name))
            .fact("result", &unit.result),
    };
}

/// The service of the socket at `path` that has failed or never gets through its start.
pub(super) fn failed_service<'u>(units: &'u [Unit], path: &str) -> Option<&'u Unit> {
    let own = service_of(&unit_of(path));
    let proxy = own.replace("libvirtd", "virtproxyd");
    units.iter().find(|unit| {
        (unit.name == own || unit.name == proxy)
            && (matches!(unit.active.as_str(), "failed" | "activating")
                || !matches!(unit.result.as_str(), "" | "success"))
    })
}

/// Whether systemd holds the socket at `path` and would start the daemon for whoever connects.
pub(crate) fn starts_on_demand(units: &[Unit], path: &str) -> bool {
    let own = unit_of(path);
    let proxy = own.replace("libvirtd", "virtproxyd");
    let is_active = |unit: &Unit, kind: &str| unit.is_active() && unit.name.ends_with(kind);
    [daemon_of(&own), daemon_of(&proxy)].into_iter().any(|daemon| {
        let mut of_daemon = units.iter().filter(|unit| daemon_of(&unit.name) == daemon);
        of_daemon.clone().any(|unit| is_active(unit, ".socket"))
            && !of_daemon.any(|unit| is_active(unit, ".service"))
    })
}

/// Whether both kinds of daemons run: one libvirtd, and daemons for each driver.
pub(super) fn are_both_kinds_on(units: &[Unit]) -> bool {
    let is_on =
        |daemon: &str| units.iter().any(|unit| unit.is_active() && daemon_of(&unit.name) == daemon);
    is_on("libvirtd") && is_on("virtqemud")
}

/// The systemd unit that listens on a system socket.
pub(super) fn unit_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (name, readonly) = match name.strip_suffix("-ro") {
        Some(name) => (name, "-ro"),
        None => (name, ""),
    };
    match name.strip_suffix("-sock").unwrap_or(name) {
        "libvirt" => format!("libvirtd{readonly}.socket"),
        modular => format!("{modular}{readonly}.socket"),
    }
}

/// The service that a socket unit starts.
pub(super) fn service_of(unit: &str) -> String {
    format!("{}.service", daemon_of(unit))
}

/// The daemon of a unit.
fn daemon_of(unit: &str) -> &str {
    unit.split(['.', '-']).next().unwrap_or(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(rows: &[(&str, &str, &str, &str)]) -> Vec<Unit> {
        let unit = |(name, load, active, enabled): &(&str, &str, &str, &str)| Unit {
            name: (*name).into(),
            load: (*load).into(),
            active: (*active).into(),
            enabled: (*enabled).into(),
            result: "success".into(),
        };
        rows.iter().map(unit).collect()
    }

    #[test]
    fn the_unit_of_a_socket() {
        assert_eq!(unit_of("/var/run/libvirt/libvirt-sock"), "libvirtd.socket");
        assert_eq!(unit_of("/run/libvirt/virtqemud-sock-ro"), "virtqemud-ro.socket");
        assert_eq!(service_of("virtqemud-ro.socket"), "virtqemud.service");
    }

    #[test]
    fn a_socket_alone_starts_its_daemon() {
        const TWIN: &str = "/var/run/libvirt/libvirt-sock-ro";
        let socket = ("libvirtd.socket", "loaded", "active", "enabled");
        let service = |active| ("libvirtd.service", "loaded", active, "enabled");
        assert!(starts_on_demand(&units(&[socket, service("inactive")]), TWIN));
        assert!(!starts_on_demand(&units(&[socket, service("active")]), TWIN));
        assert!(!starts_on_demand(&units(&[service("inactive")]), TWIN));
        assert!(!starts_on_demand(&units(&[socket]), "/run/libvirt/virtqemud-sock"));
        let proxy = ("virtproxyd-ro.socket", "loaded", "active", "enabled");
        assert!(starts_on_demand(&units(&[proxy]), TWIN));
        assert!(!starts_on_demand(&[], TWIN));
    }

    #[test]
    fn units_say_why_nobody_listens() {
        const SOCKET: &str = "/var/run/libvirt/libvirt-sock";
        let none = ("libvirtd.socket", "not-found", "inactive", "");
        let modular = ("virtqemud.socket", "loaded", "active", "enabled");
        for (rows, expected) in [
            (vec![none], Idle::NotInstalled),
            (
                vec![("libvirtd.socket", "masked", "inactive", "masked")],
                Idle::Masked("libvirtd.socket"),
            ),
            (
                vec![("libvirtd.socket", "loaded", "inactive", "disabled")],
                Idle::Disabled("libvirtd.socket"),
            ),
            (
                vec![("libvirtd.socket", "loaded", "inactive", "enabled")],
                Idle::Stopped("libvirtd.socket"),
            ),
            (
                vec![("libvirtd.socket", "loaded", "active", "enabled")],
                Idle::Vanished("libvirtd.socket"),
            ),
            (vec![none, modular], Idle::ProxyOff { installed: false }),
            (
                vec![none, modular, ("virtproxyd.socket", "loaded", "inactive", "disabled")],
                Idle::ProxyOff { installed: true },
            ),
            (
                vec![none, ("virtproxyd.socket", "loaded", "inactive", "disabled")],
                Idle::Disabled("virtproxyd.socket"),
            ),
        ] {
            assert_eq!(why_idle(&units(&rows), SOCKET), Some(expected), "{rows:?}");
        }
        // A client of modular daemons, and a machine with libvirtd.
        let monolithic = units(&[("libvirtd.socket", "loaded", "inactive", "disabled")]);
        assert_eq!(
            why_idle(&monolithic, "/run/libvirt/virtqemud-sock"),
            Some(Idle::Disabled("libvirtd.socket"))
        );
        assert_eq!(why_idle(&monolithic, "/run/user/1000/libvirt/libvirt-sock"), None);
        assert_eq!(why_idle(&[], SOCKET), None);
    }
}
