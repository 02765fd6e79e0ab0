//! Rules about the extra parameters.

mod fit;
mod name;
mod path;
mod program;
mod server_name;
mod socket;
mod ssh;
mod structure;
mod switch;
mod tls;
mod value;

use std::borrow::Cow;

use bstr::ByteSlice;

use crate::finding::Draft;
use crate::plan::Planned;
use crate::rules::Reading;
use crate::tables::clients::UriDialect;
use crate::tables::drivers::Runs;
use crate::tables::parameters::{Reader, Value};
use crate::text::Span;

pub(crate) use self::fit::{
    helper_switched_off, host_key_parameter_with_ssh, ignored_parameter, login_method_with_ssh,
    no_verify_with_library_ssh, parameter_of_a_local_driver, parameter_too_new,
    socket_with_network_transport, ssh_parameter_without_ssh, tls_parameter_without_tls,
};
pub(crate) use self::name::{
    WEAKENING, duplicate_parameter, esx_parameter_elsewhere, libvirt_parameter_with_esx,
    misspelt_parameter, parameter_of_another_tool, part_as_parameter, root_outside_embed,
    unknown_parameter, upper_case_parameter,
};
pub(crate) use self::path::{
    pkipath_names_a_file, public_key_as_keyfile, putty_key, relative_path, tilde_in_path,
    variable_in_path,
};
pub(crate) use self::program::{
    command_with_arguments, netcat_with_arguments, netcat_without_unix_sockets, plus_for_blank,
};
pub(crate) use self::server_name::{
    empty_name, name_disagrees_with_path, name_without_driver, onward_name,
};
pub(crate) use self::socket::{
    abstract_socket, empty_socket, read_only_socket, socket_disagrees_with_path,
    socket_of_another_daemon, socket_too_long, user_socket_over_ssh,
};
pub(crate) use self::ssh::{
    direct_mode_over_ssh, netcat_with_native_proxy, no_login_method,
    private_key_method_without_key, socket_ignored_by_native_proxy, wrong_host_key_policy,
    wrong_login_method,
};
pub(crate) use self::structure::{
    double_encoding, doubled_question_mark, empty_section, lone_equals_sign, mixed_separators,
    parameter_without_name, second_question_mark, semicolon_separator, value_cut_by_separator,
};
pub(crate) use self::switch::{
    odd_switch_value, parameter_without_value, switch_not_a_number, switch_off_by_zero,
};
pub(crate) use self::tls::{tls_priority_without_version, weak_tls_priority};
pub(crate) use self::value::{
    lower_case_mechanism, value_crashes_client, wrong_authentication_type, wrong_mode,
    wrong_parameter_value, wrong_proxy,
};

/// Which driver reads the parameters of this URI.
fn reader(reading: &Reading<'_>) -> Reader {
    match reading.driver() {
        _ if reading.dialect() != UriDialect::Libvirt => Reader::Go(reading.dialect()),
        Some(driver)
            if driver.runs == Runs::InClientRemote && reading.uri.transport_span().is_none() =>
        {
            if driver.name == "hyperv" {
                Reader::Hyperv
            } else {
                Reader::Esx
            }
        }
        _ => Reader::Remote,
    }
}

/// What the parameter takes; none where nobody knows it.
fn kind(reading: &Reading<'_>, planned: &Planned) -> Option<Value> {
    reader(reading).named(&planned.name).map(|row| row.value)
}

/// Parameters whose name is really there.
fn judged<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = (&'r Planned, Cow<'r, str>)> {
    reading
        .plan
        .parameters
        .iter()
        .filter(|planned| reading.is_certain(planned.name_span))
        .map(|planned| (planned, planned.name.to_str_lossy()))
}

/// Name, `=` and value.
fn section(planned: &Planned) -> Span {
    planned.name_span.to(planned.value_span)
}

/// Offers to take a section out, together with one of its separators.
fn offer_removal(draft: &mut Draft, reading: &Reading<'_>, section: Span, title: &str) {
    let query = reading.uri.query_span().unwrap_or(section);
    let (start, end) = (section.start as usize, section.end as usize);
    let whole = if section.end < query.end {
        Span::new(start, end + 1)
    } else {
        // The separator before it, or the `?` where nothing else is left.
        Span::new(start.saturating_sub(1), end)
    };
    draft.fix(title, whole, "");
}

/// Offers to take a parameter out.
pub(super) fn offer_to_remove(draft: &mut Draft, reading: &Reading<'_>, planned: &Planned) {
    let title = format!("remove {}", planned.name.to_str_lossy());
    offer_removal(draft, reading, section(planned), &title);
}
