//! URIs by a grammar: mostly what people write, often with one thing wrong.

use crate::chance::Chance;
use crate::words::{
    DRIVERS, ESX_ROWS, HOST_DRIVERS, HOSTS, NO_DRIVERS, ODD_HOSTS, ODD_PATHS, ODD_PORTS,
    ODD_TRANSPORTS, ODD_USERS, PATHS, PORTS, ROWS, Row, SHORT_FORMS, TEXTS, TRANSPORTS, USERS,
};

/// One URI.
pub(crate) fn uri(chance: &mut Chance) -> Vec<u8> {
    if chance.percent(6) {
        return chance.pick(SHORT_FORMS).into();
    }
    let host_driver = chance.percent(6);
    let driver = if host_driver {
        chance.pick(HOST_DRIVERS)
    } else {
        chance.weighted(&[(55, &["qemu"]), (30, DRIVERS), (8, NO_DRIVERS)])
    };
    let mut uri = driver.to_owned();
    if chance.percent(if host_driver { 5 } else { 70 }) {
        uri.push('+');
        uri.push_str(chance.weighted(&[(92, TRANSPORTS), (8, ODD_TRANSPORTS)]));
    }
    let local = uri.ends_with("unix") && chance.percent(85);
    uri.push(':');
    if chance.percent(97) {
        uri.push_str("//");
        authority(&mut uri, chance, local);
    }
    uri.push_str(chance.weighted(&[(70, PATHS), (30, ODD_PATHS)]));
    query(&mut uri, chance, if host_driver { ESX_ROWS } else { ROWS });
    if chance.percent(6) {
        uri.push_str(chance.pick(&[
            "#f",
            "#",
            "#a%20b",
            "#[x]",
            "#a?b/c",
            "##",
            "#%ff",
            "#!$&'()*+,;=:@",
            "#a%5Eb",
            "#%00x",
            "#a b",
            "#%",
        ]));
    }
    uri.into()
}

fn authority(uri: &mut String, chance: &mut Chance, local: bool) {
    if chance.percent(if local { 5 } else { 30 }) {
        uri.push_str(chance.weighted(&[(60, USERS), (40, ODD_USERS)]));
        uri.push('@');
    }
    if chance.percent(if local { 5 } else { 72 }) {
        uri.push_str(chance.weighted(&[(65, HOSTS), (35, ODD_HOSTS)]));
    }
    if chance.percent(if local { 5 } else { 20 }) {
        uri.push(':');
        uri.push_str(chance.weighted(&[(60, PORTS), (40, ODD_PORTS)]));
    }
}

fn query(uri: &mut String, chance: &mut Chance, rows: &[Row]) {
    if chance.percent(45) {
        return;
    }
    uri.push('?');
    let separator = chance.weighted(&[(85, &["&"]), (15, &[";", "&amp;", "&&", ";;", "?", "&;"])]);
    for number in 0..chance.pick(&[1, 1, 1, 2, 2, 3, 4]) {
        if number > 0 {
            uri.push_str(if chance.percent(92) { separator } else { chance.pick(&["&", ";"]) });
        }
        parameter(uri, chance, rows);
    }
}

fn parameter(uri: &mut String, chance: &mut Chance, rows: &[Row]) {
    if chance.percent(4) {
        uri.push_str(chance.pick(&[
            "=",
            "=x",
            "",
            "a%26b=c",
            "a%3Db=c",
            "no%00tty=1",
            "%6eo_tty=1",
            "mode%20=auto",
            "%=1",
            "%ff=1",
            "a%20b",
            "+",
            "\u{e9}=1",
            "a%0Ab=c",
            "%00",
            "%00=x",
            "==",
            "a==b",
            "[a]=b",
        ]));
        return;
    }
    let (name, right, wrong) = chance.pick(rows);
    match chance.below(100) {
        0..92 => uri.push_str(name),
        92..96 => uri.push_str(&name.to_uppercase()),
        96 => uri.extend(name.chars().rev()),
        97 => uri.push_str(&name[1..]),
        _ => {
            uri.push_str(&name[..1].to_uppercase());
            uri.push_str(&name[1..]);
        }
    }
    if chance.percent(2) {
        return;
    }
    uri.push('=');
    let lists: &[(usize, &[&str])] = if wrong.is_empty() {
        &[(85, right), (15, TEXTS)]
    } else {
        &[(65, right), (25, wrong), (10, TEXTS)]
    };
    uri.push_str(chance.weighted(lists));
}
