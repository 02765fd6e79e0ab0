//! Rules about the text of the URI: what stands where it should not.

mod host;
mod port;
mod slashes;
mod syntax;

pub(crate) use host::{ipv6_without_brackets, path_word_as_host};
pub(crate) use port::{port_not_a_number, port_of_another_service, port_out_of_range, port_zero};
pub(crate) use slashes::misplaced_slashes;
pub(crate) use syntax::{bad_percent_escape, unescaped_character, unparseable_uri};
