//! What DNS itself says: each configured server by itself, A and AAAA apart.
//!
//! It never decides anything: hickory-resolver reads neither nsswitch.conf nor
//! /etc/hosts as the system does. It tells why the system's answer is what it is.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hickory_resolver::Resolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;

use super::{Deadline, ms_since};
use crate::evidence::{Dns, DnsAnswer, DnsServer, DnsStatus};

/// How long one server may take for one question.
const PATIENCE: Duration = Duration::from_secs(2);
/// The resolver of the C library uses no more.
const MOST_SERVERS: usize = 3;
/// Of the search list.
const MOST_NAMES: usize = 4;

/// Asks all servers at once.
pub(super) async fn ask(host: &str, deadline: Deadline) -> Dns {
    let (config, options) = match read_system_conf() {
        Ok(read) => read,
        Err(error) => return Dns { error: Some(error.to_string()), ..Dns::default() },
    };
    let search: Vec<String> =
        config.domain().into_iter().chain(config.search()).map(ToString::to_string).collect();
    let names = candidates(host, &search, options.ndots);
    let mut servers = tokio::task::JoinSet::new();
    let mut distinct: Vec<NameServerConfig> = Vec::new();
    for server in config.name_servers() {
        if !distinct.iter().any(|known| known.ip == server.ip) {
            distinct.push(server.clone());
        }
    }
    for (place, server) in distinct.into_iter().take(MOST_SERVERS).enumerate() {
        let (names, options) = (names.clone(), options.clone());
        servers.spawn(async move { (place, ask_server(server, options, names, deadline).await) });
    }
    let mut answered = servers.join_all().await;
    answered.sort_by_key(|(place, _)| *place);
    Dns { error: None, search, servers: answered.into_iter().map(|(_, server)| server).collect() }
}

/// The full names that the search list makes of a host, in its order.
fn candidates(host: &str, search: &[String], ndots: usize) -> Vec<Name> {
    let absolute = format!("{}.", host.trim_end_matches('.'));
    let mut names: Vec<String> = Vec::new();
    if !host.ends_with('.') {
        names.extend(
            search.iter().map(|domain| format!("{host}.{}.", domain.trim_end_matches('.'))),
        );
    }
    let first = host.matches('.').count() >= ndots;
    names.insert(if first { 0 } else { names.len() }, absolute);
    names.dedup();
    names.iter().take(MOST_NAMES).filter_map(|name| Name::from_ascii(name).ok()).collect()
}

async fn ask_server(
    server: NameServerConfig,
    options: ResolverOpts,
    names: Vec<Name>,
    deadline: Deadline,
) -> DnsServer {
    let address: IpAddr = server.ip;
    let mut answers = Vec::new();
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let resolver = Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(one_question(options))
        .build();
    let Ok(resolver) = resolver else { return DnsServer { address, answers } };
    for name in names {
        let question = |kind| ask_one(&resolver, name.clone(), kind, deadline);
        let (four, six) = tokio::join!(question(RecordType::A), question(RecordType::AAAA));
        let found = [&four, &six]
            .iter()
            .any(|answer| matches!(answer.status, DnsStatus::Found | DnsStatus::NoRecords));
        let silent = [&four, &six]
            .iter()
            .all(|answer| matches!(answer.status, DnsStatus::Silent | DnsStatus::Unreachable));
        answers.extend([four, six]);
        if found || silent {
            break;
        }
    }
    DnsServer { address, answers }
}

fn one_question(mut options: ResolverOpts) -> ResolverOpts {
    options.attempts = 1;
    options.timeout = PATIENCE;
    options.use_hosts_file = ResolveHosts::Never;
    options.try_tcp_on_error = false;
    options
}

async fn ask_one(
    resolver: &Resolver<TokioRuntimeProvider>,
    name: Name,
    kind: RecordType,
    deadline: Deadline,
) -> DnsAnswer {
    let start = Instant::now();
    let shown = name.to_string();
    let answer = deadline.within(PATIENCE).limit(resolver.lookup(name, kind)).await;
    let mut addresses = Vec::new();
    let status = match &answer {
        None => DnsStatus::Silent,
        Some(Err(error)) => status(error),
        Some(Ok(lookup)) => {
            addresses =
                lookup.answers().iter().filter_map(|record| address(&record.data)).collect();
            if addresses.is_empty() { DnsStatus::NoRecords } else { DnsStatus::Found }
        }
    };
    DnsAnswer { name: shown, kind: kind.to_string(), status, addresses, ms: ms_since(start) }
}

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    }
}

fn status(error: &NetError) -> DnsStatus {
    if error.is_nx_domain() {
        return DnsStatus::NoSuchName;
    }
    if error.is_no_records_found() {
        return DnsStatus::NoRecords;
    }
    match error {
        NetError::Timeout => DnsStatus::Silent,
        NetError::Io(_) | NetError::NoConnections => DnsStatus::Unreachable,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail)) => DnsStatus::ServerFailure,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused)) => DnsStatus::Refused,
        _ => DnsStatus::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_list_is_used_as_the_c_library_does() {
        let search = ["lab.example".to_owned(), "example.".to_owned()];
        let names = |host: &str| {
            candidates(host, &search, 1).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names("kvm1"), ["kvm1.lab.example.", "kvm1.example.", "kvm1."]);
        assert_eq!(names("kvm1.lab"), ["kvm1.lab.", "kvm1.lab.lab.example.", "kvm1.lab.example."]);
        assert_eq!(names("kvm1.example."), ["kvm1.example."]);
    }
}
