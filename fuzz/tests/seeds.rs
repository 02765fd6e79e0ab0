//! Every committed seed passes its check, without the fuzzer.

use std::fs;
use std::path::Path;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check(&fs::read(path).unwrap());
        count += 1;
    }
    assert!(count >= 20, "only {count} seeds");
}

#[test]
fn uris() {
    replay("uri", checks::uri::check);
}

#[test]
fn queries() {
    replay("query", checks::query::check);
}

#[test]
fn libvirt_conf() {
    replay("libvirt_conf", checks::libvirt_conf::check);
}

#[test]
fn rpc() {
    replay("rpc", checks::rpc::check);
}

#[test]
fn lint() {
    replay("lint", checks::lint::check);
    // What breaks a reader may break a judge.
    replay("uri", checks::lint::check);
}
