//! Rules about the text of the URI: what stands where it should not.

mod address;
mod around;
mod bracket;
mod host;
mod letter;
mod placeholder;
mod port;
mod separator;
mod slashes;
mod syntax;
mod user;

pub(crate) use super::driver::encoded_uri;
pub(crate) use address::{
    impossible_ipv4_address, link_local_without_zone, odd_ipv4_address, read_by_c,
    unspecified_address,
};
pub(crate) use around::{blank_around_uri, quotes_around_uri};
pub(crate) use bracket::{
    brackets_without_ipv6, ipv6_without_brackets, unclosed_bracket, zone_id_not_escaped,
};
pub(crate) use host::{
    blank_in_host, host_ignored, nested_uri, overlong_host, path_word_as_host, several_hosts,
    trailing_dot_in_host,
};
pub(crate) use letter::{line_break_in_uri, look_alike_character, non_ascii_host, nul_in_uri};
pub(crate) use placeholder::unfilled_placeholder;
pub(crate) use port::{
    colon_before_path, empty_port, port_not_a_number, port_of_another_service, port_out_of_range,
    port_with_leading_zero, port_without_host, port_zero,
};
pub(crate) use separator::{
    ampersand_instead_of_question_mark, fragment_cuts_parameters, fragment_without_use,
    html_entity_in_uri, second_hash,
};
pub(crate) use slashes::{backslash_instead_of_slash, misplaced_slashes};
pub(crate) use syntax::{bad_percent_escape, unescaped_character, unparseable_uri};
pub(crate) use user::{
    backslash_in_user, empty_user, second_at_sign, slash_in_user, user_ignored, user_without_host,
};
