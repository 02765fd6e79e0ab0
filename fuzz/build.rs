//! Links libxml2, the peer of the URI parser.

fn main() {
    pkg_config::probe_library("libxml-2.0").expect("libxml2-dev and pkg-config are installed");
}
