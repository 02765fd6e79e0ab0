//! Input that nobody should give, and surroundings in which nothing is as usual:
//! a clear error with exit code 2, or a finding; never a panic, never a hang.

use std::fs;

use serde_json::Value;

use crate::run::Run;

#[test]
fn bytes_that_are_not_utf8() {
    for command in ["plan", "lint", "check"] {
        let ran = Run::new(&[command]).raw_argument(b"qemu:///sys\xfftem").run();
        ran.assert_code(1).assert_says("qemu:///sys\u{fffd}tem");
    }
    Run::new(&["lint", "-"])
        .stdin(&b"a: 'qemu+ssh://h.example/system?keyfile=/\xff'\n"[..])
        .run()
        .assert_code(1)
        .assert_says("unescaped-character");
}

#[test]
fn a_nul_byte() {
    let ran = Run::new(&["plan", "--format", "jsonl", "-"])
        .stdin(&b"qemu:///system\0x\nqemu:///session\n"[..])
        .run();
    ran.assert_code(2).assert_says("line 1 of the input holds a NUL byte");
    assert!(ran.stdout.contains("\"line\":2,\"uri\":\"qemu:///session\""), "{}", ran.stdout);
    Run::new(&["check", "-"]).stdin(&b"\0\n"[..]).run().assert_code(2).assert_says("NUL");
    Run::new(&["lint", "-"]).stdin(&b"a: qemu:///sys\0tem\n"[..]).run().assert_code(1);
}

#[test]
fn ten_megabytes_on_a_line() {
    // An unoptimized build takes its time for what begins something again and again.
    for (piece, length) in
        [("x", 10_000_000), ("a&", 10_000_000), ("{", 1_000_000), ("qemu:///system ", 1_000_000)]
    {
        let text = format!("a: qemu+ssh://h.example/{}\n", piece.repeat(length / piece.len()));
        let ran = Run::new(&["lint", "--format", "concise", "-"]).stdin(text).run();
        assert!(matches!(ran.status.code(), Some(0 | 1)), "{piece}: {}", ran.stderr);
        let longest = ran.stdout.lines().map(str::len).max().unwrap_or(0);
        assert!(longest < 1000, "{piece}: a line of {longest} bytes");
    }
    let text = format!("qemu+ssh://h.example/{}\n", "x".repeat(10_000_000));
    Run::new(&["plan", "-"]).stdin(text).run().assert_code(0);
}

#[test]
fn long_lines_of_what_is_almost_a_uri() {
    for (piece, length) in [
        ("qemu:", 10_000_000),
        ("aa:bb:cc:dd:ee:ff;", 10_000_000),
        ("a:hover{color:red;margin:0}", 10_000_000),
        ("test:///default;", 1_000_000),
        ("abcd+sshh://;", 1_000_000),
    ] {
        let text = piece.repeat(length / piece.len());
        let ran = Run::new(&["lint", "--format", "concise", "-"]).stdin(text).run();
        assert!(matches!(ran.status.code(), Some(0 | 1 | 3)), "{piece}: {}", ran.stderr);
    }
}

#[test]
fn long_lines_of_brackets_and_quotes() {
    const PIECES: [&str; 19] = [
        "qemu", ":", "//", "{{", "}}", "${", "}", "%s", "\"", "'", "<", ">", "a:", "@", "?", "&",
        "#", " ", "\\",
    ];
    // The same on every run, and runs of one piece as well as a mixture.
    let mut random = 7_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(random >> 33).unwrap_or(0) % below
    };
    for begin in ["", "u: qemu+ssh://h.example/", "u: \"qemu:///system?a=", "\\\"test:///x<"] {
        let mut text = String::new();
        while text.len() < 10_000_000 {
            let times = [1, 1, 2, 50][next(4)];
            text.push_str(&PIECES[next(PIECES.len())].repeat(times));
            if next(4) == 0 {
                text.push_str(begin);
            }
        }
        let text = format!("{begin}{text}");
        for name in ["a.yml", "a.json", "a.xml", "a.go"] {
            let ran = Run::new(&["uris", "--format", "concise", "--stdin-filename", name, "-"])
                .stdin(&text.as_bytes()[..text.len() / 4])
                .run();
            assert!(matches!(ran.status.code(), Some(0 | 3)), "{name}: {}", ran.stderr);
        }
    }
    for (begin, piece) in [
        ("u: qemu+ssh://h.example/", "{{"),
        ("u: qemu+ssh://h.example/", "{{}"),
        ("u: qemu+ssh://h.example/", "$"),
        ("u: qemu+ssh://h.example/", "${"),
        ("u: qemu+ssh://h.example/", "%("),
        ("u: qemu+ssh://h.example/", "[1"),
        ("u: qemu//h.example/", ":"),
        ("", "\\\"qemu:///x<"),
        ("", "\"qemu:///x<'qemu:///x<`"),
    ] {
        let text = format!("{begin}{}", piece.repeat(1_000_000 / piece.len()));
        let ran = Run::new(&["uris", "--format", "concise", "-"]).stdin(text).run();
        assert!(matches!(ran.status.code(), Some(0 | 3)), "{piece}: {}", ran.stderr);
    }
}

#[test]
fn a_folder_that_may_not_be_entered() {
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("np/x");
    fs::create_dir_all(&closed).unwrap();
    set_mode(&closed, 0o000);
    set_mode(folder.path(), 0o755);
    let ran = Run::as_ordinary_user(folder.path(), &["lint", "np"]).folder(folder.path()).run();
    set_mode(&closed, 0o755);
    ran.assert_code(2);
    assert_eq!(ran.stderr.trim_end(), "virt-doctor: np/x: Permission denied");
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn uris_that_are_not_judged_are_counted() {
    let ran = Run::new(&["lint", "--stdin-filename", "a.yml", "-"])
        .stdin("# qemu:///sytem\n#qemu:///system\n")
        .run();
    ran.assert_code(3).assert_says("2 URIs in comments or prose were not judged");
    Run::new(&["lint", "--stdin-filename", "uris.txt", "-"])
        .stdin("qemu:///sytem\n")
        .run()
        .assert_code(1)
        .assert_says("misspelt-path");
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yml"), "u: qemu:///sytem\n").unwrap();
    let ran = Run::new(&["lint", ".", "--file", "missing.yml"]).folder(folder.path()).run();
    ran.assert_code(2).assert_says("missing.yml: No such file or directory");
    assert!(ran.stdout.contains("misspelt-path"), "what was found is shown: {}", ran.stdout);
    for special in ["/dev/zero", "/dev/null", "/proc/self/fd"] {
        let ran = Run::new(&["lint", special]).run();
        assert!(matches!(ran.status.code(), Some(2 | 3)), "{special}: {}", ran.stderr);
    }
    for arguments in [
        &["lint", "--file", "missing.yml"][..],
        &["plan", "--file", "missing.yml"],
        &["check", "--file", "missing.yml"],
        &["uris", "missing.yml"],
    ] {
        let ran = Run::new(arguments).folder(folder.path()).run();
        ran.assert_code(2).assert_says("missing.yml: No such file or directory");
    }
}

#[test]
fn a_word_that_is_neither_file_nor_uri() {
    Run::new(&["lint", "missing.yml"])
        .run()
        .assert_code(1)
        .assert_says("`missing.yml` is neither a file that exists nor a URI");
}

#[test]
fn an_alias_that_does_not_exist() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/libvirt");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("libvirt.conf"),
        "uri_aliases = [ \"hetzner=qemu+ssh://h.example/system\" ]\n",
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        Run::as_ordinary_user(home.path(), arguments)
            .env("HOME", home.path().to_str().unwrap())
            .run()
    };
    run(&["plan", "hetzner"]).assert_code(0).assert_says("qemu+ssh://h.example/system");
    run(&["plan", "hetsner"]).assert_code(1);
    run(&["check", "hetsner"])
        .assert_code(1)
        .assert_says("`hetzner` is probably meant")
        .assert_says(".config/libvirt/libvirt.conf");
}

#[test]
fn a_broken_libvirt_conf() {
    let home = tempfile::tempdir().unwrap();
    let conf = home.path().join("libvirt/libvirt.conf");
    fs::create_dir_all(conf.parent().unwrap()).unwrap();
    fs::write(&conf, "uri_aliases = [ \"a=b\"\n").unwrap();
    for command in ["plan", "check"] {
        let ran = Run::as_ordinary_user(home.path(), &[command, "qemu:///system"])
            .env("XDG_CONFIG_HOME", home.path().to_str().unwrap())
            .run();
        ran.assert_code(1).assert_says("libvirt.conf:2: list is not closed with ]");
    }
}

#[test]
fn a_broken_configuration() {
    let folder = tempfile::tempdir().unwrap();
    for (text, says) in [
        ("x = ", "virt-doctor.toml:1:5"),
        ("nonsense = 1\n", "nonsense"),
        ("[rules]\nwrong-pth = \"off\"\n", "wrong-p"),
        ("fail-on = \"sometimes\"\n", "sometimes"),
    ] {
        fs::write(folder.path().join("virt-doctor.toml"), text).unwrap();
        let ran = Run::new(&["lint", "qemu:///system"]).folder(folder.path()).run();
        ran.assert_code(2).assert_says(says);
        let ran = Run::new(&["lint", "--isolated", "qemu:///system"]).folder(folder.path()).run();
        ran.assert_code(0);
    }
    Run::new(&["lint", "--config", "no.toml", "qemu:///system"])
        .run()
        .assert_code(2)
        .assert_says("no.toml: No such file or directory");
}

#[test]
fn options_that_do_not_exist() {
    for (arguments, says) in [
        (&["lint", "--format", "sarf", "x"][..], "invalid value 'sarf'"),
        (&["check", "--frmat", "json"], "--format"),
        (&["lint", "--select", "wrong-pth", "qemu:///system"], "did you mean `wrong-path`"),
        (&["lint", "--client", "virtmanager", "qemu:///system"], "libvirt"),
        (&["check", "--timeout", "soon", "x"], "number of seconds"),
        (&["check", "--timeout", "-1", "x"], "write a number of seconds above 0"),
        (&["check", "--timeout", "0", "x"], "write a number of seconds above 0"),
        (&["lnit", "x.yml"], "no alias or file \"lnit\"; did you mean the subcommand lint?"),
        (&["chek", "qemu:///system"], "did you mean the subcommand check?"),
        (&["lint", "--today", "tomorrow", "x"], "write it like 2027-01-31"),
        (&["explain", "wrong-pth"], "wrong-path"),
        (&["explain"], "RULE"),
        (&["chekc", "--json"], "--json"),
    ] {
        let ran = Run::new(arguments).run();
        ran.assert_code(2).assert_says(says);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    }
}

#[test]
fn nothing_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code) in [
        (&["lint"][..], 3),
        (&["lint", "--allow-empty"], 0),
        (&["lint", "-"], 3),
        (&["plan", "-"], 3),
        (&["check", "-"], 3),
    ] {
        Run::new(arguments).folder(folder.path()).run().assert_code(code);
    }
}

#[test]
fn closed_ends() {
    for (redirection, codes) in [
        ("<&-", &[3][..]),
        (">&-", &[0, 2, 3]),
        ("2>&-", &[3]),
        ("<&- >&- 2>&-", &[0, 2, 3]),
        (">/dev/full", &[2, 3]),
    ] {
        for command in ["plan -", "lint -", "check -"] {
            let script =
                format!("exec {} {command} {redirection}", env!("CARGO_BIN_EXE_virt-doctor"));
            let status = std::process::Command::new("sh").args(["-c", &script]).status().unwrap();
            assert!(codes.contains(&status.code().unwrap_or(-1)), "{script}: {status}");
        }
    }
    let program = env!("CARGO_BIN_EXE_virt-doctor");
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("{program} rules > /dev/full 2>/tmp/full.$$; code=$?; cat /tmp/full.$$; rm /tmp/full.$$; exit $code")])
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&status.stdout).contains("No space left on device"));
}

#[test]
fn a_reader_that_has_seen_enough() {
    let program = env!("CARGO_BIN_EXE_virt-doctor");
    let script = format!(
        "yes qemu:///system | head -50000 | {program} plan --format jsonl - | head -1; test ${{PIPESTATUS[2]}} = 0"
    );
    let status = std::process::Command::new("bash").args(["-c", &script]).output().unwrap().status;
    assert!(status.success());
}

#[test]
fn an_empty_environment() {
    for command in ["plan", "lint", "check"] {
        let ran =
            Run::new(&[command, "qemu+tls://kvm1.example/system?no_verify=x", "test:///default"])
                .env_remove("HOME")
                .env_remove("PATH")
                .run();
        ran.assert_code(1).assert_says("no_verify");
    }
    // No URI anywhere: the daemon picks, and none runs here.
    let ran = Run::new(&["plan", "--format", "json"]).env_remove("HOME").run();
    ran.assert_code(0);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["plans"][0]["uri"], "");
}
