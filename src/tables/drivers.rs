//! The drivers: the word before `+` or `:` of a URI.
//!
//! Source: libvirt 9.0.0 and 11.3.0, `src/libvirt.c` (order and filters of the
//! client's drivers), `src/driver.c` (path check) and each driver's own open
//! function.

/// Where the code that understands the URI runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// In the daemon; the client only carries the name there.
    InDaemon,
    /// In the client's own process, and only without a host.
    InClientLocal,
    /// In the client's own process, talking HTTPS to a host.
    InClientRemote,
    /// Not a driver: the daemon picks one.
    Pseudo,
}

/// Which paths the driver opens. Compared literally, after percent-decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paths {
    /// `/system` for a root daemon, `/session` for a user's.
    SystemOrSession,
    /// Only `/system`.
    System,
    /// `/system`, `/` or nothing.
    SystemOrNone,
    /// Only `/session`.
    Session,
    /// `/default` or a file of the test driver.
    TestFile,
    /// Datacenter, folders, cluster and host of a vCenter.
    VcenterInventory,
    /// Ignored; a warning if there is one.
    Unused,
    /// Not checked by the driver.
    Unchecked,
}

/// What is fixed about a driver.
#[derive(Debug)]
pub(crate) struct Driver {
    /// The word in the URI; case matters.
    pub(crate) name: &'static str,
    pub(crate) runs: Runs,
    pub(crate) paths: Paths,
    /// Whether `/embed?root=` opens it within the client.
    pub(crate) embeddable: bool,
    /// What it manages, for a sentence.
    pub(crate) what: &'static str,
}

/// Every scheme that some libvirt since 4.1 opens.
pub(crate) const DRIVERS: &[Driver] = &[
    daemon("qemu", Paths::SystemOrSession, true, "QEMU and KVM guests"),
    daemon("xen", Paths::SystemOrNone, false, "Xen guests"),
    daemon("lxc", Paths::SystemOrNone, false, "Linux containers"),
    daemon("vbox", Paths::SystemOrSession, false, "VirtualBox guests"),
    daemon("bhyve", Paths::System, false, "bhyve guests"),
    daemon("vz", Paths::System, false, "Virtuozzo guests"),
    daemon("parallels", Paths::System, false, "Virtuozzo guests (old name of vz)"),
    daemon("ch", Paths::Unchecked, false, "Cloud Hypervisor guests"),
    daemon("interface", Paths::SystemOrSession, false, "host network interfaces only"),
    daemon("network", Paths::SystemOrSession, false, "virtual networks only"),
    daemon("nodedev", Paths::SystemOrSession, false, "host devices only"),
    daemon("nwfilter", Paths::System, false, "network filters only"),
    daemon("secret", Paths::SystemOrSession, true, "secrets only"),
    daemon("storage", Paths::SystemOrSession, false, "storage pools only"),
    client("test", Runs::InClientLocal, Paths::TestFile, "the built-in test driver"),
    client("openvz", Runs::InClientLocal, Paths::System, "OpenVZ containers"),
    client("vmwareplayer", Runs::InClientLocal, Paths::Session, "VMware Player guests"),
    client("vmwarews", Runs::InClientLocal, Paths::Session, "VMware Workstation guests"),
    client("vmwarefusion", Runs::InClientLocal, Paths::Session, "VMware Fusion guests"),
    client("esx", Runs::InClientRemote, Paths::Unused, "a VMware ESX host"),
    client("gsx", Runs::InClientRemote, Paths::Unused, "a VMware GSX host"),
    client("vpx", Runs::InClientRemote, Paths::VcenterInventory, "a VMware vCenter"),
    client("hyperv", Runs::InClientRemote, Paths::Unused, "a Microsoft Hyper-V host"),
    Driver {
        name: "remote",
        runs: Runs::Pseudo,
        paths: Paths::Unchecked,
        embeddable: false,
        what: "whatever the daemon picks",
    },
];

const fn daemon(name: &'static str, paths: Paths, embeddable: bool, what: &'static str) -> Driver {
    Driver { name, runs: Runs::InDaemon, paths, embeddable, what }
}

const fn client(name: &'static str, runs: Runs, paths: Paths, what: &'static str) -> Driver {
    Driver { name, runs, paths, embeddable: false, what }
}

impl Driver {
    /// The driver of this exact name.
    pub(crate) fn named(word: &[u8]) -> Option<&'static Self> {
        DRIVERS.iter().find(|driver| driver.name.as_bytes() == word)
    }
}

/// A word that people write as a driver although no libvirt of today opens it.
#[derive(Debug)]
pub(crate) struct Mistaken {
    pub(crate) word: &'static str,
    /// What to write instead, where there is one answer.
    pub(crate) instead: Option<&'static str>,
    /// Why it is none.
    pub(crate) why: &'static str,
    /// Whether some libvirt of the past had it.
    pub(crate) removed: bool,
}

/// Words that have never been a driver, and drivers that are gone.
pub(crate) const MISTAKEN: &[Mistaken] = &[
    mistaken("kvm", Some("qemu"), "KVM guests are opened by the driver qemu"),
    mistaken("qemu-kvm", Some("qemu"), "KVM guests are opened by the driver qemu"),
    mistaken("libvirt", None, "libvirt is the library; a URI names the driver, such as qemu"),
    mistaken("libvirtd", None, "libvirtd is the daemon; a URI names the driver, such as qemu"),
    mistaken(
        "vmware",
        None,
        "VMware has four: vmwareplayer, vmwarews, vmwarefusion, and esx for ESX hosts",
    ),
    mistaken("virtualbox", Some("vbox"), "VirtualBox guests are opened by the driver vbox"),
    mistaken("vcenter", Some("vpx"), "a vCenter is opened by the driver vpx"),
    mistaken("vsphere", Some("vpx"), "a vCenter is opened by the driver vpx"),
    mistaken("esxi", Some("esx"), "an ESXi host is opened by the driver esx"),
    mistaken("hyper-v", Some("hyperv"), "a Hyper-V host is opened by the driver hyperv"),
    removed("xend", Some("xen"), "it went in 4.3.0; Xen guests are opened by the driver xen"),
    mistaken("libxl", Some("xen"), "Xen guests are opened by the driver xen"),
    mistaken("cloud-hypervisor", Some("ch"), "Cloud Hypervisor guests are opened by the driver ch"),
    removed("uml", None, "it went in 5.0.0"),
    removed("xenapi", None, "it went in 5.8.0"),
    removed("phyp", None, "it went in 6.0.0"),
    removed("one", None, "the one for OpenNebula went long ago"),
    mistaken("virtualpc", None, "there has never been such a driver"),
    mistaken("vserver", None, "there has never been such a driver"),
    mistaken("proxmox", None, "Proxmox VE does not use libvirt"),
    mistaken(
        "http",
        None,
        "HTTP is what libvirt speaks to VMware and Hyper-V hosts: esx, vpx, hyperv",
    ),
    mistaken(
        "https",
        None,
        "HTTPS is what libvirt speaks to VMware and Hyper-V hosts: esx, vpx, hyperv",
    ),
    mistaken("virsh", None, "virsh is the program; a URI names the driver, such as qemu"),
    mistaken("docker", None, "libvirt does not manage Docker containers"),
    mistaken("podman", None, "libvirt does not manage Podman containers"),
];

const fn mistaken(
    word: &'static str,
    instead: Option<&'static str>,
    why: &'static str,
) -> Mistaken {
    Mistaken { word, instead, why, removed: false }
}

const fn removed(word: &'static str, instead: Option<&'static str>, why: &'static str) -> Mistaken {
    Mistaken { word, instead, why, removed: true }
}

impl Mistaken {
    pub(crate) fn named(word: &str) -> Option<&'static Self> {
        MISTAKEN.iter().find(|entry| entry.word.eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lower_case() {
        for (at, driver) in DRIVERS.iter().enumerate() {
            assert!(driver.name.bytes().all(|b| b.is_ascii_lowercase()), "{}", driver.name);
            assert!(DRIVERS[..at].iter().all(|other| other.name != driver.name), "{}", driver.name);
        }
    }

    #[test]
    fn a_mistaken_word_is_no_driver_and_names_one() {
        for entry in MISTAKEN {
            assert!(Driver::named(entry.word.as_bytes()).is_none(), "{}", entry.word);
            if let Some(instead) = entry.instead {
                assert!(Driver::named(instead.as_bytes()).is_some(), "{instead}");
            }
        }
    }
}
