//! The client written in Go, built once from `go/client.go` with Debian's packages of
//! go-libvirt and Go's ssh: nothing is fetched.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

static BUILT: LazyLock<String> = LazyLock::new(|| {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    let program = target.join("client");
    let output = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/go/client.go"))
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", target.join("cache"))
        .env("GOFLAGS", "")
        .output()
        .expect("golang-go is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program.to_string_lossy().into_owned()
});

/// Where it is.
pub(crate) fn go_libvirt() -> &'static str {
    &BUILT
}
