//! What a plan may depend on here besides the URI, as plain data.
//!
//! A plan is a pure function of URI, client and machine. So all that libvirt
//! would look at (user, environment, libvirt.conf, which sockets and
//! certificates exist) is looked at once, and can be saved with the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use bstr::ByteSlice;
use nix::unistd::{Uid, User, geteuid};
use serde::{Deserialize, Serialize};
use time::macros::format_description;

use super::{ConfError, ConfErrorKind, LibvirtConf};
use crate::tables::clients::{Build, Version};
use crate::tables::drivers::DRIVERS;
use crate::text::system_words;

/// A machine as libvirt's client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Effective user id: 0 chooses system paths.
    pub uid: u32,
    /// The user's name, where the user database knows one.
    pub user: Option<String>,
    /// `$HOME`, else the user database's, else `/`.
    pub home: String,
    /// Those of the variables in [`VARIABLES`] that are set.
    pub environment: BTreeMap<String, String>,
    /// The one libvirt.conf that this user's client reads.
    pub conf: ConfFile,
    /// Those of the paths that a plan may ask for that exist.
    pub files: BTreeSet<String>,
    /// What the distribution compiled in.
    pub build: Build,
    /// The release of the libvirt library found here, without running it.
    pub libvirt: Option<Version>,
    /// The day, as `YYYY-MM-DD`.
    pub today: String,
}

/// The libvirt.conf of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfFile {
    /// Where libvirt looks for it.
    pub path: String,
    /// What is there.
    pub content: ConfContent,
}

/// What is in the place of a libvirt.conf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfContent {
    /// No file; libvirt goes on without.
    Missing,
    /// A file that cannot be read, with the system's words. Every connection fails.
    Unreadable(String),
    /// The text of the file.
    Text(ConfText),
}

/// The text of a libvirt.conf, read once: every URI is looked up among its aliases.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ConfText {
    text: String,
    conf: OnceLock<Result<LibvirtConf, ConfError>>,
}

impl ConfText {
    fn conf(&self) -> &Result<LibvirtConf, ConfError> {
        self.conf.get_or_init(|| LibvirtConf::parse(self.text.as_bytes()))
    }
}

impl From<String> for ConfText {
    fn from(text: String) -> Self {
        Self { text, conf: OnceLock::new() }
    }
}

impl From<&str> for ConfText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<ConfText> for String {
    fn from(conf: ConfText) -> Self {
        conf.text
    }
}

impl PartialEq for ConfText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ConfText {}

impl ConfFile {
    /// The settings.
    ///
    /// # Errors
    /// Where libvirt refuses the text.
    pub fn read(&self) -> Result<&LibvirtConf, ConfError> {
        match &self.content {
            ConfContent::Missing | ConfContent::Unreadable(_) => Ok(<&LibvirtConf>::default()),
            ConfContent::Text(text) => text.conf().as_ref().map_err(Clone::clone),
        }
    }
}

/// The variables that libvirt's client, or the ssh it starts, looks at.
pub const VARIABLES: &[&str] = &[
    "DISPLAY",
    "HOME",
    "LIBVIRT_AUTOSTART",
    "LIBVIRT_AUTH_FILE",
    "LIBVIRT_DEFAULT_URI",
    "LIBVIRTD_PATH",
    "PATH",
    "SSH_ASKPASS",
    "SSH_AUTH_SOCK",
    "VIRSH_DEFAULT_CONNECT_URI",
    "VIRTD_PATH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];

/// Where the system's sockets are, on every distribution's build.
pub(crate) const SYSTEM_SOCKETS: &str = "/var/run/libvirt";

/// Private keys that libvirt's ssh libraries look for, in their order.
pub(crate) const DEFAULT_KEYS: [&str; 5] =
    ["identity", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"];

impl Machine {
    /// The machine that files are judged against: an ordinary user, no
    /// libvirt.conf, no environment, nothing installed.
    #[must_use]
    pub fn fixed(today: String) -> Self {
        let home = "/home/user".to_owned();
        let environment = [("HOME", "/home/user"), ("XDG_RUNTIME_DIR", "/run/user/1000")];
        Self {
            uid: 1000,
            user: Some("user".to_owned()),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            conf: ConfFile {
                path: format!("{home}/.config/libvirt/libvirt.conf"),
                content: ConfContent::Missing,
            },
            home,
            files: BTreeSet::new(),
            build: Build::Upstream,
            libvirt: None,
            today,
        }
    }

    /// This machine, now. With `isolated`, as if there were no libvirt.conf and
    /// no `LIBVIRT_` and `VIRSH_` variables.
    #[must_use]
    pub fn here(isolated: bool, today: String) -> Self {
        let uid = geteuid();
        let account = User::from_uid(uid).ok().flatten();
        let environment = environment(isolated);
        let home = environment
            .get("HOME")
            .filter(|home| !home.is_empty())
            .cloned()
            .or_else(|| account.as_ref().map(|account| account.dir.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "/".to_owned());
        let conf = conf_file(uid, &home, &environment, isolated);
        let mut machine = Self {
            uid: uid.as_raw(),
            user: account.map(|account| account.name),
            home,
            environment,
            conf,
            files: BTreeSet::new(),
            build: build(),
            libvirt: installed_libvirt(),
            today,
        };
        let exists = |path: &String| Path::new(path).exists();
        machine.files = machine.candidates().into_iter().filter(exists).collect();
        machine
    }

    /// A variable that is set, even if empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// Where this user's daemons put their sockets: GLib's runtime folder.
    #[must_use]
    pub fn user_sockets(&self) -> String {
        match self.variable("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => join(folder, "libvirt"),
            None => match self.variable("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
                Some(cache) => join(cache, "libvirt"),
                None => join(&self.home, ".cache/libvirt"),
            },
        }
    }

    /// Where this user's libvirt keeps its configuration.
    #[must_use]
    pub fn user_config(&self) -> String {
        config_folder(&self.home, &self.environment)
    }

    /// Whether a path existed when the machine was looked at. Only for paths
    /// that `candidates` lists.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Every path whose existence a plan may depend on.
    fn candidates(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let prefixes = DRIVERS
            .iter()
            .map(|driver| format!("virt{}d", driver.name))
            .chain(["libvirt".to_owned()]);
        let user_sockets = self.user_sockets();
        for prefix in prefixes {
            paths.push(format!("{SYSTEM_SOCKETS}/{prefix}-sock"));
            paths.push(format!("{SYSTEM_SOCKETS}/{prefix}-sock-ro"));
            paths.push(format!("{user_sockets}/{prefix}-sock"));
        }
        for name in ["cacert.pem", "cacrl.pem", "clientcert.pem", "clientkey.pem"] {
            paths.push(format!("{}/.pki/libvirt/{name}", self.home));
        }
        paths.extend(DEFAULT_KEYS.map(|key| format!("{}/.ssh/{key}", self.home)));
        paths
    }
}

fn environment(isolated: bool) -> BTreeMap<String, String> {
    let ours =
        |name: &&&str| isolated && (name.starts_with("LIBVIRT_") || name.starts_with("VIRSH_"));
    VARIABLES
        .iter()
        .filter(|name| !ours(name))
        .filter_map(|name| {
            Some(((*name).to_owned(), std::env::var_os(name)?.to_string_lossy().into_owned()))
        })
        .collect()
}

fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

fn config_folder(home: &str, environment: &BTreeMap<String, String>) -> String {
    match environment.get("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => join(folder, "libvirt"),
        None => join(home, ".config/libvirt"),
    }
}

/// Root reads the system's file, everybody else only their own.
fn conf_file(
    uid: Uid,
    home: &str,
    environment: &BTreeMap<String, String>,
    isolated: bool,
) -> ConfFile {
    let path = if uid.is_root() {
        "/etc/libvirt/libvirt.conf".to_owned()
    } else {
        format!("{}/libvirt.conf", config_folder(home, environment))
    };
    let content = if isolated { ConfContent::Missing } else { conf_content(Path::new(&path)) };
    ConfFile { path, content }
}

fn conf_content(path: &Path) -> ConfContent {
    // As libvirt: `access(F_OK)` first, so a file behind a closed folder is a missing one.
    if !path.exists() {
        return ConfContent::Missing;
    }
    if !path.is_file() {
        return ConfContent::Unreadable("it is not a regular file".to_owned());
    }
    match std::fs::read(path) {
        Ok(bytes) => ConfContent::Text(bytes.to_str_lossy().into_owned().into()),
        Err(error) => ConfContent::Unreadable(system_words(&error)),
    }
}

fn build() -> Build {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ids: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .map(|value| value.trim_matches('"'))
        .collect();
    Build::of_distribution(&ids.join(" "))
}

/// The release of `libvirt.so.0` by the name of the file it points to:
/// `libvirt.so.0.9000.0` is 9.0.0, `libvirt.so.0.11003.0` is 11.3.0.
fn installed_libvirt() -> Option<Version> {
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    let folders = [
        format!("/usr/lib/{triplet}"),
        "/usr/lib64".into(),
        "/usr/lib".into(),
        "/usr/local/lib".into(),
    ];
    folders.iter().find_map(|folder| {
        let target = std::fs::read_link(Path::new(folder).join("libvirt.so.0")).ok()?;
        release_of_library(target.file_name()?.to_str()?)
    })
}

pub(super) fn release_of_library(name: &str) -> Option<Version> {
    let number: u32 = name.strip_prefix("libvirt.so.0.")?.split('.').next()?.parse().ok()?;
    Some(Version::new(u16::try_from(number / 1000).ok()?, u16::try_from(number % 1000).ok()?))
}

/// Today in UTC.
#[must_use]
pub fn today() -> String {
    let format = format_description!("[year]-[month]-[day]");
    time::OffsetDateTime::now_utc()
        .date()
        .format(&format)
        .expect("a date has a year, a month and a day")
}

impl ConfErrorKind {
    /// In libvirt's words, as they follow the file's name.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Syntax(what) => (*what).to_owned(),
            Self::Overflow => "numeric overflow in conf value".to_owned(),
            Self::NotAString(key) => format!("expected a string for '{key}' parameter"),
            Self::NotAStringList(key) | Self::ListOfOthers(key) => {
                format!("expected a string list for '{key}' parameter")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_tells_its_release() {
        assert_eq!(release_of_library("libvirt.so.0.9000.0"), Some(Version::new(9, 0)));
        assert_eq!(release_of_library("libvirt.so.0.11003.0"), Some(Version::new(11, 3)));
        assert_eq!(release_of_library("libvirt.so.0"), None);
    }

    #[test]
    fn the_runtime_folder_falls_back_as_glib_does() {
        let mut machine = Machine::fixed("2026-01-01".into());
        assert_eq!(machine.user_sockets(), "/run/user/1000/libvirt");
        machine.environment.insert("XDG_RUNTIME_DIR".into(), String::new());
        assert_eq!(machine.user_sockets(), "/home/user/.cache/libvirt");
        machine.environment.insert("XDG_CACHE_HOME".into(), "/c".into());
        assert_eq!(machine.user_sockets(), "/c/libvirt");
    }

    #[test]
    fn a_machine_survives_saving() {
        let machine = Machine::here(false, today());
        let saved = serde_json::to_string(&machine).unwrap();
        assert_eq!(serde_json::from_str::<Machine>(&saved).unwrap(), machine);
    }
}
