//! Words that outputs hold whatever the URI: the same letters as a password there are
//! not the password.

use crate::tables::clients::UriDialect;
use crate::tables::drivers::DRIVERS;
use crate::tables::parameters::Reader;
use crate::tables::transports::Transport;

/// What libvirt's script on the server, ssh and this program say, in lower case.
const SAID: &str = "system session default libvirt libvirtd virtqemud virt-ssh-helper netcat \
    /var/run/libvirt/libvirt-sock-ro /etc/pki/libvirt/private/clientkey.pem cacert.pem \
    which 1>/dev/null 2>&1; if test then else grep requires an argument arg=-q0 \
    batchmode=yes stricthostkeychecking=no forwardagent=yes known_hosts identity \
    permission denied (publickey,password,keyboard-interactive,gssapi-with-mic,hostbased) \
    connection refused closed timed out reset by peer host key verification failed \
    no such file or directory network is unreachable name or service not known \
    unable to parse uri internal error: invalid argument: unsupported configuration: \
    failed to connect socket to authentication cannot recv data end of file while reading \
    openssh libssh libssh2 server client connects connected listens answers resolved \
    address addresses socket daemon monolithic modular transport through within without \
    reached certificate checked whatever picks handed to the server, which ignores it \
    has no effect here driver hypervisor parameter remote secret password passphrase token \
    command access accepted accepts refuses logged in as over port user agent";

/// No such word is longer.
const LONGEST: usize = 64;

/// Whether these letters are part of such a word.
pub(super) fn is_common(letters: &[u8]) -> bool {
    if letters.len() > LONGEST {
        return false;
    }
    let word = letters.to_ascii_lowercase();
    let within = |known: &str| memchr::memmem::find(known.as_bytes(), &word).is_some();
    let readers = [Reader::Remote, Reader::Esx, Reader::Hyperv, Reader::Go(UriDialect::GoLibvirt)];
    within(SAID)
        || Transport::ALL.iter().any(|transport| {
            within(transport.name()) || within(&transport.facts().phrase.to_ascii_lowercase())
        })
        || DRIVERS.iter().any(|row| within(row.name) || within(&row.what.to_ascii_lowercase()))
        || readers.iter().any(|reader| reader.table().iter().any(|row| within(row.name)))
}

#[cfg(test)]
mod tests {
    use super::is_common;

    #[test]
    fn words_of_the_field_and_their_parts() {
        for word in ["ssh", "System", "qemu", "keyfile", "libvirt", "denied", "e"] {
            assert!(is_common(word.as_bytes()), "{word}");
        }
        assert!(!is_common(b"hunter2") && !is_common(b"geheim"));
    }
}
