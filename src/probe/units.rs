//! The states of libvirt's units. systemd is asked and told nothing: no unit starts by it.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{Deadline, local};
use crate::evidence::Unit;
use crate::settings::Machine;

/// The units that listen at libvirt's sockets, or bring those that do.
pub(super) const UNITS: &[&str] = &[
    "libvirtd.socket",
    "libvirtd-ro.socket",
    "libvirtd.service",
    "virtproxyd.socket",
    "virtproxyd-ro.socket",
    "virtproxyd.service",
    "virtqemud.socket",
    "virtqemud-ro.socket",
    "virtqemud.service",
    "virtxend.socket",
    "virtxend.service",
    "virtlxcd.socket",
    "virtlxcd.service",
    "virtvboxd.socket",
    "virtvboxd.service",
    "virtchd.socket",
    "virtchd.service",
];

/// What is asked of each.
pub(super) const PROPERTIES: [&str; 5] =
    ["Id", "LoadState", "ActiveState", "UnitFileState", "Result"];

/// How long systemd may take.
const PATIENCE: Duration = Duration::from_millis(1500);

/// The units of this machine; none where systemd does not run it.
pub(super) async fn here(machine: &Machine, deadline: Deadline) -> Vec<Unit> {
    if !std::path::Path::new("/run/systemd/system").is_dir() {
        return Vec::new();
    }
    let Some(program) = local::program("systemctl", machine).1 else { return Vec::new() };
    let mut command = Command::new(program);
    command.args(["--no-pager", "--no-ask-password", "show"]);
    command.args(PROPERTIES.iter().flat_map(|property| ["-p", property])).args(UNITS);
    command.env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = deadline.within(PATIENCE).limit(command.output()).await;
    let Some(Ok(output)) = output else { return Vec::new() };
    let mut units = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        note(&mut units, line);
    }
    units
}

/// A line of `systemctl show`: the properties of a unit in systemd's own order, and
/// an empty line between two units.
pub(super) fn note(units: &mut Vec<Unit>, line: &str) {
    let Some((property, value)) = line.split_once('=') else {
        units.push(Unit::default());
        return;
    };
    if units.is_empty() {
        units.push(Unit::default());
    }
    let Some(unit) = units.last_mut() else { return };
    match property {
        "Id" => value.clone_into(&mut unit.name),
        "LoadState" => value.clone_into(&mut unit.load),
        "ActiveState" => value.clone_into(&mut unit.active),
        "UnitFileState" => value.clone_into(&mut unit.enabled),
        "Result" => value.clone_into(&mut unit.result),
        _ => {}
    }
}
