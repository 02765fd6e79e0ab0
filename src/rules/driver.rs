//! Rules about the driver and the path that it opens.

mod client;
mod embed;
mod opening;
mod path;
mod word;

pub(crate) use client::{
    client_driver_with_transport, driver_not_built, esx_path_ignored, esx_without_host,
    ipv6_with_esx, local_driver_with_host, remote_driver_over_ssh, remote_session,
    secondary_driver, test_driver_through_daemon, test_file_as_host,
};
pub(crate) use embed::{
    embed_relative_root, embed_with_transport, embed_without_root, not_embeddable,
};
pub(crate) use opening::{
    Opening, address_as_driver, encoded_plus_in_scheme, encoded_uri, host_without_driver,
    missing_colon, missing_driver, opening, underscore_in_driver,
};
pub(crate) use path::{
    doubled_slash_in_path, encoded_path, extra_path_segment, legal, missing_path, misspelt_path,
    path_case, path_fits, session_of_a_system_driver, socket_as_path, system_of_a_session_driver,
    test_default_misspelt, test_without_path, trailing_slash_in_path, vcenter_path_too_short,
    wrong_path,
};
pub(crate) use word::{
    host_as_driver, invented_driver, removed_driver, renamed_driver, swapped_driver_and_transport,
    transport_as_driver, transport_joined_by_dash, unknown_driver, upper_case_driver,
};
