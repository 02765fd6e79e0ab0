//! Packages under the names that the families of systems give them.

/// A package, or what has its files elsewhere.
pub(super) struct Package {
    debian: &'static str,
    fedora: &'static str,
    suse: &'static str,
    arch: &'static str,
}

pub(super) const NETCAT: Package = Package {
    debian: "netcat-openbsd",
    fedora: "nmap-ncat",
    suse: "netcat-openbsd",
    arch: "openbsd-netcat",
};
pub(super) const HELPER: Package = Package {
    debian: "libvirt-daemon",
    fedora: "libvirt-daemon-common",
    suse: "libvirt-daemon-common",
    arch: "libvirt",
};
pub(super) const DAEMON: Package = Package {
    debian: "libvirt-daemon-system",
    fedora: "libvirt-daemon-driver-qemu",
    suse: "libvirt-daemon-qemu",
    arch: "libvirt",
};
pub(super) const PROXY: Package = Package {
    debian: "libvirt-daemon-common",
    fedora: "libvirt-daemon-proxy",
    suse: "libvirt-daemon-proxy",
    arch: "libvirt",
};
pub(super) const WHICH: Package =
    Package { debian: "debianutils", fedora: "which", suse: "which", arch: "which" };

impl Package {
    /// How to install it on a system with these names in its os-release.
    pub(super) fn install(&self, ids: &str) -> String {
        let is = |names: &[&str]| ids.split_whitespace().any(|id| names.contains(&id));
        match () {
            () if is(&["debian", "ubuntu"]) => format!("apt-get install {}", self.debian),
            () if is(&["fedora", "rhel", "centos"]) => format!("dnf install {}", self.fedora),
            () if is(&["suse", "opensuse", "sles"]) => format!("zypper install {}", self.suse),
            () if is(&["arch"]) => format!("pacman -S {}", self.arch),
            () => format!("install {}", self.debian),
        }
    }
}
