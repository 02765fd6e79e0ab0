//! What virsh would do with several addresses, and what else would work.

use serde_json::{Value, json};

use crate::lab::{Checked, First, Host, Lab, PROGRAM, SERVER};

fn text(host: &Host, arguments: &[&str]) -> String {
    let output = host.as_user(&[], PROGRAM, &[&["check"], arguments].concat());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Checked {
    /// URI, whether read-only, and whether it is proved.
    fn alternatives(&self) -> Vec<Value> {
        let all = self.target()["alternatives"].as_array().unwrap().iter();
        all.map(|one| json!([one["uri"], one["readonly"], one["proved"]])).collect()
    }
}

/// Two addresses that share as many bits with the own one, so that the order of the file stays.
fn with_two_addresses(lab: &Lab, first: &str, second: &str) {
    lab.client.sh(&format!(
        "echo {first} two.test >> /etc/hosts; echo {second} two.test >> /etc/hosts; ip neigh add 192.0.2.3 lladdr 02:00:00:00:00:03 dev eth0"
    ));
}

#[test]
fn addresses_are_tried_one_after_the_other() {
    let lab = Lab::new().with_libvirtd("");
    with_two_addresses(&lab, "192.0.2.3", SERVER);
    let uri = "qemu+tcp://two.test/system";
    let checked = lab.client.check(&[], &[uri]);
    checked.assert_ok();
    let foresight = &checked.target()["foresight"];
    let states: Vec<&str> = foresight["tries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["no-answer", "open"]);
    assert!((133.0..134.5).contains(&foresight["seconds"].as_f64().unwrap()), "{foresight}");
    let said = text(&lab.client, &[uri]);
    let line = "virsh would wait 134 s on 192.0.2.3, then connect to 192.0.2.2\n";
    assert!(said.contains(line), "{said}");
    // virsh really waits: with a shorter patience of the kernel, as long as that says.
    lab.client.sh("sysctl -qw net.ipv4.tcp_syn_retries=1");
    let foreseen = lab.client.check(&[], &[uri]).target()["foresight"]["seconds"].as_f64().unwrap();
    let start = std::time::Instant::now();
    assert!(lab.client.virsh(&[], uri).is_ok());
    let waited = start.elapsed().as_secs_f64();
    assert!((waited - foreseen).abs() < 0.6, "{waited} s, and {foreseen} s were foreseen");
}

#[test]
fn no_address_lets_it_in() {
    let lab = Lab::new();
    with_two_addresses(&lab, SERVER, "192.0.2.3");
    let said = text(&lab.client, &["qemu+tcp://two.test/system"]);
    let line = "virsh would be refused by 192.0.2.2, then wait 134 s on 192.0.2.3, and give up after 134 s\n";
    assert!(said.contains(line), "{said}");
}

#[test]
fn a_transport_without_a_login_is_proved() {
    let lab = Lab::new().with_sshd("").with_libvirtd("");
    let uri = format!("qemu+ssh://{SERVER}/system");
    let checked = lab.client.check(&[], &[&uri]);
    assert_eq!(checked.target()["verdict"], "fails");
    assert_eq!(
        checked.alternatives(),
        [json!([format!("qemu+tcp://{SERVER}/system"), false, true])]
    );
    let said = text(&lab.client, &[&uri]);
    let line = format!("try: virsh -c qemu+tcp://{SERVER}/system\n");
    assert!(said.contains(&line) && said.contains("tried, and it works"), "{said}");
    // The line to copy is one that works.
    assert!(lab.client.virsh(&[], &format!("qemu+tcp://{SERVER}/system")).is_ok());
}

#[test]
fn a_login_is_made_only_where_that_is_allowed() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    lab.server.sh("nft add table inet f; nft 'add chain inet f in { type filter hook input priority 0; }'; nft add rule inet f in tcp dport 16509 reject with tcp reset");
    let uri = format!("qemu+tcp://{SERVER}/system");
    let other = format!("qemu+ssh://{SERVER}/system");
    let logins = || {
        let log = std::fs::read_to_string(lab.server.folder.join("servers.log")).unwrap();
        log.matches("Accepted publickey").count()
    };
    let shy = lab.client.check(&[], &[&uri]);
    shy.assert_cause("port-refused");
    assert_eq!(shy.alternatives(), [json!([other, false, false])]);
    assert_eq!(shy.target()["alternatives"][0]["verdict"], Value::Null);
    assert_eq!(logins(), 0);
    // The cause's own remedy has the command, so it does not stand there twice.
    let said = text(&lab.client, &[&uri]);
    assert_eq!(said.matches(&format!("virsh -c {other}\n")).count(), 1, "{said}");
    let bold = lab.client.check(&[], &["--try-alternatives", &uri]);
    bold.assert_cause("port-refused");
    assert_eq!(bold.alternatives(), [json!([other, false, true])]);
    assert_eq!(logins(), 1);
    let none = lab.client.check(&[], &["--try-alternatives", "--ports", "plan", &uri]);
    assert_eq!(none.alternatives(), [] as [Value; 0], "no other port was looked at");
    assert_eq!(logins(), 1);
}

#[test]
fn other_sockets_of_this_machine() {
    let lab = Lab::new();
    lab.client.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    let checked = lab.client.check(&[], &["qemu:///system"]);
    checked.assert_cause("socket-not-permitted");
    assert_eq!(
        checked.alternatives(),
        [json!(["qemu:///system", true, true]), json!(["qemu:///session", false, false])]
    );
    let said = text(&lab.client, &["qemu:///system"]);
    assert!(said.contains("try: virsh -r -c qemu:///system\n"), "{said}");
    assert!(lab.client.virsh_words(&["-r", "-c", "qemu:///system", "uri"]).is_ok());
    lab.client.sh("chmod 777 /run/libvirt/libvirt-sock");
    let other = lab.client.check(&[], &["qemu:///system?mode=direct"]);
    other.assert_cause("socket-missing");
    lab.client.check(&[], &["qemu:///system"]).assert_ok();
}

#[test]
fn no_daemon_is_started_for_an_offer() {
    let lab = Lab::begun_by(First::Systemd, First::Sleep);
    lab.client.sh("d=$(dirname $(systemctl show -P FragmentPath libvirtd.socket))
        mkdir -p $d/libvirtd.socket.d
        printf '[Socket]\\nSocketMode=0600\\n' > $d/libvirtd.socket.d/closed.conf
        systemctl daemon-reload
        systemctl start libvirtd.socket libvirtd-ro.socket");
    let checked = lab.client.check(&[], &["qemu:///system"]);
    checked.assert_cause("socket-not-permitted");
    assert_eq!(checked.alternatives()[0], json!(["qemu:///system", true, false]));
    assert_eq!(lab.client.sh("systemctl show -P ActiveState libvirtd.service").trim(), "inactive");
}

#[test]
fn the_uri_without_its_mistake() {
    let lab = Lab::new();
    lab.client.libvirtd("");
    for (uri, right) in [
        ("qemu:///sytem", "qemu:///system"),
        ("qemu://system", "qemu:///system"),
        ("qemu+unx:///system", "qemu+unix:///system"),
    ] {
        let checked = lab.client.check(&[], &[uri]);
        assert_eq!(checked.target()["verdict"], "fails", "{uri}");
        assert_eq!(checked.alternatives(), [json!([right, false, true])], "{uri}");
    }
    // Nobody is asked what was not asked for.
    let remote = lab.client.check(&[], &[&format!("qemu+shs://{SERVER}/system")]);
    assert_eq!(
        remote.alternatives(),
        [json!([format!("qemu+ssh://{SERVER}/system"), false, false])]
    );
    assert!(remote.target()["foresight"].is_null());
    // Another way does not take the mistake along.
    let lab = Lab::new().with_sshd("").with_libvirtd("");
    let [tcp, ssh] = ["tcp", "ssh"].map(|transport| format!("qemu+{transport}://{SERVER}/system"));
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/sytem")]);
    // The driver itself refuses: no other way helps.
    assert_eq!(checked.alternatives(), [json!([tcp, false, true])]);
    let checked = lab.client.check(&[], &[&format!("qemu+tls://{SERVER}/sytem")]);
    assert_eq!(checked.alternatives(), [json!([ssh, false, false]), json!([tcp, false, true])]);
}

#[test]
fn alternatives_are_judged_from_a_file_too() {
    let lab = Lab::new().with_sshd("").with_libvirtd("");
    let file = lab.client.home().join("e.json");
    let file = file.to_str().unwrap();
    let uri = format!("qemu+ssh://joe:geheim77@{SERVER}/system");
    let live = text(&lab.client, &["--save-evidence", file, &uri]);
    assert!(live.contains("try: virsh -c qemu+tcp://192.0.2.2/system\n"), "{live}");
    assert_eq!(text(&lab.client, &["--evidence", file]), live);
    assert!(!std::fs::read_to_string(file).unwrap().contains("geheim77"));
}

/// Over ssh: only the socket of the way may be closed, not the way itself.
#[test]
fn a_read_only_socket_of_the_server() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host();
    lab.server.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    lab.server.sh("nft add table inet f; nft 'add chain inet f in { type filter hook input priority 0; }'; nft add rule inet f in tcp dport 16509 drop");
    let uri = format!("qemu+ssh://{SERVER}/system?proxy=netcat");
    let closed = lab.client.check(&[], &[&uri]);
    closed.assert_cause("remote-socket-not-permitted");
    assert_eq!(closed.alternatives(), [json!([uri, true, false])]);
    let proved = lab.client.check(&[], &["--try-alternatives", &uri]);
    assert_eq!(proved.alternatives(), [json!([uri, true, true])]);
    let said = text(&lab.client, &[&uri]);
    assert!(said.contains(&format!("try: virsh -r -c '{uri}'\n")), "{said}");
}
