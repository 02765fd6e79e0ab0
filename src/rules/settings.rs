//! Rules about the settings that a URI meets on the way.

mod alias;
mod conf;
mod environment;

pub(crate) use self::alias::{
    alias_in_other_case, alias_name_not_allowed, alias_of_an_alias, alias_with_suffix,
    alias_without_equals, unknown_alias,
};
pub(crate) use self::conf::{
    broken_libvirt_conf, direct_mode_in_libvirt_conf, native_proxy_in_libvirt_conf,
    wrong_mode_in_libvirt_conf, wrong_proxy_in_libvirt_conf,
};
pub(crate) use self::environment::{
    autostart_off, default_uri_is_remote, default_uri_without_driver, half_a_certificate_pair,
    no_runtime_folder, root_session,
};
