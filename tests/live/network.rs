//! Names, addresses and ports.

use crate::lab::{Lab, SERVER};

#[test]
fn healthy_tcp() {
    let lab = Lab::new().with_libvirtd("");
    let uri = format!("qemu+tcp://{SERVER}/system");
    assert!(lab.client.virsh(&[], &uri).is_ok());
    let checked = lab.client.check(&[], &[&uri]);
    checked.assert_ok();
    let attempts = checked.hop("network")["evidence"]["attempts"].as_array().unwrap().clone();
    let state = |port: u64| {
        attempts.iter().find(|attempt| attempt["port"] == port).unwrap()["state"].clone()
    };
    assert_eq!(
        (state(16509), state(22), state(16514)),
        ("open".into(), "refused".into(), "refused".into())
    );
    let by_name = lab.client.check(&[], &["--ports", "plan", "qemu+tcp://server.test/system"]);
    by_name.assert_ok();
    assert_eq!(by_name.hop("network")["evidence"]["attempts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_port_that_is_refused() {
    let lab = Lab::new();
    for uri in [format!("qemu+tcp://{SERVER}/system"), format!("qemu+ssh://{SERVER}/system")] {
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_cause("port-refused");
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
    }
}

#[test]
fn another_way_that_is_open_is_offered() {
    let lab = Lab::new().with_sshd("");
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]);
    checked.assert_cause("port-refused");
    let remedies = checked.cause()["remedy"].as_array().unwrap();
    assert!(
        remedies
            .iter()
            .any(|remedy| remedy["command"] == format!("virsh -c qemu+ssh://{SERVER}/system")),
        "{remedies:#?}"
    );
}

#[test]
fn a_port_that_is_dropped() {
    let lab = Lab::new();
    lab.server.sh("nft add table inet f; nft 'add chain inet f in { type filter hook input priority 0; }'; nft add rule inet f in tcp dport { 22, 16509 } drop");
    for uri in [format!("qemu+tcp://{SERVER}/system"), format!("qemu+ssh://{SERVER}/system")] {
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_cause("port-silent");
        assert!(checked.took.as_secs_f64() < 3.0, "{:?}", checked.took);
        let seconds = checked.cause()["virsh"]["seconds"].as_f64().unwrap();
        assert!((133.0..134.0).contains(&seconds), "{seconds}");
        assert!(
            checked.cause()["message"].as_str().unwrap().contains("16514 answers"),
            "the other port is refused, not dropped"
        );
    }
}

#[test]
fn no_way_to_the_address() {
    let lab = Lab::new();
    let uri = "qemu+tcp://198.51.100.9/system";
    let checked = lab.client.check(&[], &[uri]);
    checked.assert_cause("no-route");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], uri));
}

#[test]
fn a_name_that_nobody_knows() {
    let lab = Lab::new();
    lab.server.serve("dnsmasq --no-daemon --no-resolv --no-hosts --listen-address=192.0.2.2 --bind-interfaces --local=/#/ --user=root --host-record=six.test,2001:db8::9");
    lab.server.until("ss -lun | grep -q ':53 '");
    lab.client.sh("echo nameserver 192.0.2.2 > /etc/resolv.conf");
    for uri in ["qemu+tcp://nobody.test/system", "qemu+ssh://nobody.test/system"] {
        let checked = lab.client.check(&[], &[uri]);
        checked.assert_cause("name-unknown");
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], uri));
        let answers = &checked.hop("name")["evidence"]["dns"]["servers"][0]["answers"];
        let kinds: Vec<&str> = answers
            .as_array()
            .unwrap()
            .iter()
            .map(|answer| answer["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["A", "AAAA"]);
        assert_eq!(
            (&answers[0]["status"], &answers[1]["status"]),
            (&"no-such-name".into(), &"no-such-name".into())
        );
    }
    let number = lab.client.check(&[], &["qemu+tcp://192.0.2.300/system"]);
    number.assert_cause("impossible-ipv4-address");
    let findings = number.target()["findings"].as_array().unwrap();
    let follows = findings.iter().find(|finding| finding["rule"] == "name-unknown").unwrap();
    assert_eq!(follows["consequence_of"], number.target()["causes"][0]["finding"]);
    assert!(follows["message"].as_str().unwrap().contains("is no address"));
    lab.client.sh("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1");
    let other = lab.client.check(&[], &["qemu+tcp://six.test/system"]);
    other.assert_cause("name-unknown");
    assert!(
        other.cause()["message"].as_str().unwrap().contains("only IPv6 addresses"),
        "{}",
        other.cause()["message"]
    );
}

#[test]
fn a_name_server_that_is_silent() {
    let lab = Lab::new();
    lab.server.sh("nft add table inet f; nft 'add chain inet f in { type filter hook input priority 0; }'; nft add rule inet f in udp dport 53 drop");
    lab.client.sh("echo nameserver 192.0.2.2 > /etc/resolv.conf; echo options timeout:1 attempts:1 >> /etc/resolv.conf");
    let checked = lab.client.check(&[], &["qemu+tcp://kvm.test/system"]);
    checked.assert_cause("name-server-silent");
    let answers = &checked.hop("name")["evidence"]["dns"]["servers"][0]["answers"];
    assert_eq!(answers[0]["status"], "silent");
}

#[test]
fn the_first_address_is_dead() {
    let lab = Lab::new().with_libvirtd("");
    // Both share as many bits with the own address, so the order of the file stays.
    lab.client.sh("echo 192.0.2.3 two.test >> /etc/hosts; echo 192.0.2.2 two.test >> /etc/hosts; ip neigh add 192.0.2.3 lladdr 02:00:00:00:00:03 dev eth0");
    let checked = lab.client.check(&[], &["qemu+tcp://two.test/system"]);
    checked.assert_ok();
    let findings = checked.target()["findings"].as_array().unwrap();
    let slow = findings.iter().find(|finding| finding["rule"] == "slow-first-address").unwrap();
    assert!(slow["message"].as_str().unwrap().contains("134 seconds"), "{slow}");
}

#[test]
fn the_whole_run_has_a_deadline() {
    let lab = Lab::new();
    lab.server.serve("nc.openbsd -lk -p 22");
    lab.server.until("ss -ltn | grep -q ':22 '");
    let checked =
        lab.client.check(&[], &["--timeout", "1", &format!("qemu+ssh://{SERVER}/system")]);
    assert!(checked.took.as_secs_f64() < 3.0, "{:?}", checked.took);
    assert_eq!(checked.code, 1);
    // A healthy login may take longer than that: nobody knows.
    assert_eq!(checked.target()["verdict"], "unsure", "{:#}", checked.document);
    assert_eq!(checked.target()["cause"], "out-of-time");
    assert_eq!(checked.hop("network")["status"], "ok");
    assert_eq!(checked.hop("session")["status"], "skipped");
    let errors = checked.target()["findings"].as_array().unwrap();
    assert!(errors.iter().all(|finding| finding["severity"] != "error"), "{errors:#?}");
}

#[test]
fn a_host_that_cannot_be_one() {
    let lab = Lab::new();
    for (uri, rule) in [
        ("qemu+ssh://-oProxyCommand=x/system", "host-begins-with-dash"),
        ("qemu+ssh://h%20x/system", "blank-in-host"),
        ("qemu+ssh://[127.0.0.1]/system", "brackets-without-ipv6"),
        ("qemu+tcp://[127.0.0.1]/system", "brackets-without-ipv6"),
        ("qemu+ssh://127.0.0.1:70000/system", "port-out-of-range"),
        ("qemu+tcp://127.0.0.1:70000/system", "port-out-of-range"),
    ] {
        let checked = lab.client.check(&[], &[uri]);
        checked.assert_cause(rule);
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], uri), "{uri}");
    }
}

/// ssh never goes to such a port, so nobody looks at what is left of it in 16 bits.
#[test]
fn ssh_has_no_port_over_65535() {
    let lab = Lab::new();
    let checked = lab.client.check(&[], &["qemu+ssh://127.0.0.1:70000/system"]);
    assert!(checked.hop("network")["evidence"].is_null(), "{:#}", checked.document);
    let checked = lab.client.check(&[], &["qemu+tcp://127.0.0.1:70000/system"]);
    assert_eq!(checked.hop("network")["evidence"]["port"], 4464);
}
