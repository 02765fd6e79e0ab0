//! TLS: the real handshake with the client's certificate, and the byte that lets us in.

use crate::agree::{Who, agree};
use crate::lab::{Host, Lab, SERVER, USER};

/// A CA, a certificate for the server and one for the client, by certtool.
const MAKE: &str = "cd $1
make() {
    certtool --generate-privkey --key-type rsa --bits 2048 --outfile $1.key 2>/dev/null
    printf 'cn = %s\\nexpiration_days = 30\\n' $1 >$1.tmpl
    shift
}
authority() {
    make $1
    printf 'ca\\ncert_signing_key\\n' >>$1.tmpl
    certtool --generate-self-signed --load-privkey $1.key --template $1.tmpl --outfile $1.pem 2>/dev/null
}
certificate() {
    make $1
    printf \"$3\\nencryption_key\\nsigning_key\\n\" >>$1.tmpl
    certtool --generate-certificate --load-privkey $1.key --template $1.tmpl --load-ca-certificate $2.pem --load-ca-privkey $2.key --outfile $1.pem 2>/dev/null
}
authority ca
authority otherca
certificate server ca 'tls_www_server\\ndns_name = server.test\\nip_address = 192.0.2.2'
certificate client ca tls_www_client
certificate stranger otherca tls_www_client
chmod 644 *.key
";

/// Both hosts with their files, and libvirtd with TLS.
fn lab(more: &str) -> Lab {
    let lab = Lab::new();
    let folder = pki(&lab);
    lab.server.sh(&format!("cat > {folder}/make <<'END'\n{MAKE}END\nsh -e {folder}/make {folder}"));
    lab.server.sh("mkdir -p /etc/sasl2; echo 'mech_list: digest-md5' > /etc/sasl2/libvirt.conf");
    lab.server.libvirtd(&format!(
        "listen_tls = 1\nca_file = \"{folder}/ca.pem\"\ncert_file = \"{folder}/server.pem\"\nkey_file = \"{folder}/server.key\"\n{more}"
    ));
    lab.server.until("ss -ltn | grep -q ':16514 '");
    give(&lab, &lab.client, "ca", Some("client"));
    lab
}

fn pki(lab: &Lab) -> String {
    lab.server.sh(&format!("mkdir -p {}/pki", lab.server.folder.display()));
    format!("{}/pki", lab.server.folder.display())
}

/// The user's certificates on a host.
fn give(lab: &Lab, host: &Host, authority: &str, client: Option<&str>) {
    let (from, to) = (pki(lab), format!("{}/.pki/libvirt", host.home().display()));
    host.sh(&format!("rm -rf {to}; mkdir -p {to}; cp {from}/{authority}.pem {to}/cacert.pem"));
    if let Some(client) = client {
        host.sh(&format!(
            "cp {from}/{client}.pem {to}/clientcert.pem; cp {from}/{client}.key {to}/clientkey.pem"
        ));
    }
    host.sh(&format!("chown -R {USER}:{USER} {to}"));
}

#[test]
fn healthy_tls() {
    let lab = lab("");
    for uri in ["qemu+tls://server.test/system", "qemu://192.0.2.2/system"] {
        let checked = agree(&lab.client, Who::User, &[], uri);
        checked.assert_ok();
        let session = &checked.hop("session")["evidence"];
        assert_eq!(session["outcome"], "accepted");
        assert_eq!(session["version"], "TLS 1.3");
        let certificates = &session["certificates"];
        assert_eq!((&certificates["asked"], &certificates["sent"]), (&true.into(), &true.into()));
        assert_eq!(certificates["chain"].as_array().unwrap().len(), 1);
        assert_eq!(certificates["authorities"].as_array().unwrap().len(), 1);
        assert_eq!(checked.hop("daemon")["evidence"]["way"], "tls");
        assert_eq!(checked.hop("driver")["status"], "ok");
    }
    agree(&lab.client, Who::User, &[], "test+tls://server.test/default").assert_ok();
    let refused = agree(&lab.client, Who::User, &[], "qemu+tls://server.test/sytem");
    refused.assert_cause("misspelt-path");
}

#[test]
fn the_server_does_not_let_us_in() {
    let lab = lab("");
    let uri = "qemu+tls://server.test/system";
    give(&lab, &lab.client, "ca", None);
    let without = agree(&lab.client, Who::User, &[], uri);
    without.assert_cause("tls-client-not-let-in");
    let message = without.cause()["message"].as_str().unwrap();
    assert!(message.contains("clientcert.pem"), "{message}");
    // Of another CA: with its check of our own files the client says so itself.
    give(&lab, &lab.client, "ca", Some("stranger"));
    let stranger = agree(&lab.client, Who::User, &[], &format!("{uri}?no_sanity=1"));
    stranger.assert_cause("tls-client-not-let-in");
    let itself = lab.client.check(&[], &[uri]);
    assert_eq!(itself.target()["verdict"], "fails", "{:#}", itself.document);
    assert!(lab.client.virsh(&[], uri).is_err());
}

#[test]
fn a_server_that_wants_no_certificate() {
    let lab = lab("tls_no_verify_certificate = 1");
    give(&lab, &lab.client, "ca", None);
    agree(&lab.client, Who::User, &[], "qemu+tls://server.test/system").assert_ok();
}

/// Nobody has judged the server's certificate: what is not proven is not called so.
#[test]
fn a_certificate_that_the_client_would_not_take() {
    let lab = lab("");
    lab.client.sh("echo '192.0.2.2 other.test' >>/etc/hosts");
    let uri = "qemu+tls://other.test/system";
    agree(&lab.client, Who::User, &[], uri);
    agree(&lab.client, Who::User, &[], &format!("{uri}?no_verify=1")).assert_ok();
    give(&lab, &lab.client, "otherca", Some("client"));
    let uri = "qemu+tls://server.test/system";
    agree(&lab.client, Who::User, &[], uri);
    agree(&lab.client, Who::User, &[], &format!("{uri}?no_verify=1"));
    agree(&lab.client, Who::User, &[], &format!("{uri}?no_verify=1&no_sanity=1")).assert_ok();
}

#[test]
fn the_wrong_port() {
    let lab = lab("").with_sshd("");
    for (uri, rule) in [
        (format!("qemu+tls://{SERVER}:16509/system"), "tls-handshake-failed"),
        (format!("qemu+tls://{SERVER}:22/system"), "tls-handshake-failed"),
        (format!("qemu+tcp://{SERVER}:16514/system"), "daemon-closes"),
    ] {
        agree(&lab.client, Who::User, &[], &uri).assert_cause(rule);
    }
}

/// A TLS server that tells a client without TLS off, in the record that libvirt takes for a length.
#[test]
fn another_tls_server() {
    let lab = lab("");
    let folder = pki(&lab);
    lab.server.serve(&format!(
        "gnutls-serv -q --echo -p 2000 --x509certfile {folder}/server.pem --x509keyfile {folder}/server.key"
    ));
    lab.server.until("ss -ltn | grep -q ':2000 '");
    let plain = format!("qemu+tcp://{SERVER}:2000/system");
    let checked = agree(&lab.client, Who::User, &[], &plain);
    checked.assert_cause("not-libvirt");
    assert!(checked.quote().contains("packet 352518908 bytes"), "{}", checked.quote());
    assert!(checked.cause()["message"].as_str().unwrap().contains("speaks TLS"));
}

#[test]
fn a_daemon_that_hangs() {
    let lab = lab("");
    lab.server.sh(&format!("kill -STOP $(cat {}/libvirtd.pid)", lab.server.folder.display()));
    let checked = lab.client.check(&[], &["qemu+tls://server.test/system"]);
    checked.assert_cause("tls-handshake-failed");
    assert!(checked.cause()["message"].as_str().unwrap().contains("does not answer"));
    assert!(checked.took.as_secs() < 15, "{:?}", checked.took);
}

#[test]
fn a_login_behind_tls() {
    let lab = lab("auth_tls = \"sasl\"");
    let checked = lab.client.check(&[], &["qemu+tls://server.test/system"]);
    assert_eq!(checked.target()["verdict"], "needs-input", "{:#}", checked.document);
}
