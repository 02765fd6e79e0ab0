//! Another machine, from what a shell there printed about it.

use super::{ConfContent, ConfFile, Machine, VARIABLES};
use crate::tables::clients::Build;

/// The facts of a machine: a script that prints them, and what is made of them.
///
/// Each line is `MARK NAME VALUE`.
#[derive(Debug, Default)]
pub(crate) struct Facts(Vec<(String, String)>);

/// Begins every line that a script of ours prints: logins print other lines.
pub(crate) const MARK: &str = "virt-doctor-saw";

impl Facts {
    /// POSIX shell. Nothing is written, and no program runs but what only reads.
    pub(crate) fn script() -> String {
        let variables = VARIABLES.join(" ");
        format!(
            r#"LC_ALL=C; export LC_ALL
say() {{ printf "%s %s %s\n" "{MARK}" "$1" "$2"; }}
say uid "$(id -u)"
say user "$(id -un 2>/dev/null)"
say home "${{HOME:-/}}"
for name in {variables}; do
    eval "value=\${{$name-}}; is=\${{$name+x}}"
    [ -n "$is" ] && say "env.$name" "$value"
done
conf="${{XDG_CONFIG_HOME:-${{HOME:-/}}/.config}}/libvirt/libvirt.conf"
[ "$(id -u)" = 0 ] && conf=/etc/libvirt/libvirt.conf
say conf.path "$conf"
if [ -e "$conf" ]; then
    if [ -r "$conf" ]; then
        say conf.there ""
        while IFS= read -r line || [ -n "$line" ]; do say conf.line "$line"; done < "$conf"
    else
        say conf.unreadable "Permission denied"
    fi
fi
for file in /var/run/libvirt/*-sock /var/run/libvirt/*-sock-ro "${{XDG_RUNTIME_DIR:-/nonexistent}}"/libvirt/*-sock \
    "${{XDG_CACHE_HOME:-/nonexistent}}"/libvirt/*-sock "$HOME"/.cache/libvirt/*-sock "$HOME"/.pki/libvirt/* "$HOME"/.ssh/id*; do
    [ -e "$file" ] && say file "$file"
done
for file in /usr/lib/*-linux-gnu/libvirt.so.0 /usr/lib64/libvirt.so.0 /usr/lib/libvirt.so.0; do
    [ -L "$file" ] && say library "$(readlink "$file")"
done
while IFS== read -r name value; do
    case "$name" in ID|ID_LIKE) say system "$value";; esac
done < /etc/os-release
say end ""
"#
        )
    }

    /// What such a script printed; nothing where it did not come to its end.
    pub(crate) fn read(printed: &[u8]) -> Option<Self> {
        let printed = String::from_utf8_lossy(printed);
        let lines = printed.lines().filter_map(|line| line.strip_prefix(MARK)?.strip_prefix(' '));
        let facts: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(' '))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        facts.last().is_some_and(|(name, _)| name == "end").then_some(Self(facts))
    }

    /// The values of a fact that may be there several times.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a fact.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Machine {
    /// The machine that these are about; nothing where they do not tell the user.
    pub(crate) fn elsewhere(facts: &Facts, today: String) -> Option<Self> {
        let content = match facts.one("conf.unreadable") {
            Some(why) => ConfContent::Unreadable(why.to_owned()),
            None if facts.one("conf.there").is_none() => ConfContent::Missing,
            None => {
                let lines = facts.all("conf.line").map(|line| format!("{line}\n"));
                ConfContent::Text(lines.collect::<String>().into())
            }
        };
        let variables = VARIABLES.iter().filter_map(|name| {
            Some(((*name).to_owned(), facts.one(&format!("env.{name}"))?.to_owned()))
        });
        let ids: Vec<&str> = facts.all("system").map(|id| id.trim_matches('"')).collect();
        Some(Self {
            uid: facts.one("uid")?.parse().ok()?,
            user: facts.one("user").filter(|user| !user.is_empty()).map(str::to_owned),
            home: facts.one("home")?.to_owned(),
            environment: variables.collect(),
            conf: ConfFile { path: facts.one("conf.path")?.to_owned(), content },
            files: facts.all("file").map(str::to_owned).collect(),
            build: Build::of_distribution(&ids.join(" ")),
            libvirt: facts.all("library").find_map(super::machine::release_of_library),
            today,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_here_tells_what_is_here() {
        let output = Command::new("sh").args(["-c", &Facts::script()]).output().unwrap();
        let facts = Facts::read(&output.stdout).unwrap();
        let here = Machine::here(false, "2026-01-01".into());
        let there = Machine::elsewhere(&facts, "2026-01-01".into()).unwrap();
        let told = |machine: &Machine| {
            let Machine { uid, user, home, environment, conf, build, libvirt, .. } =
                machine.clone();
            (uid, user, home, environment, conf, build, libvirt)
        };
        assert_eq!(told(&there), told(&here));
        assert!(here.files.iter().all(|file| there.has(file)), "{:?}", here.files);
    }

    #[test]
    fn what_a_login_prints_is_no_fact() {
        assert!(Facts::read(b"welcome\nuid 0\n").is_none());
        assert!(Facts::read(b"virt-doctor-saw uid 0\n").is_none(), "it was cut short");
    }
}
