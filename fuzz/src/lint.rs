//! The whole judgment of one URI, with every rule on: as an argument and as a
//! template of a file, for an ordinary user and for root, as every client.

use std::sync::LazyLock;

use virt_doctor::Client;
use virt_doctor::lint::{Finding, Linter};
use virt_doctor::settings::{ConfContent, Machine, Source};

use crate::allocations::counted;
use crate::uri::is_within;

/// What a judgment may cost at most: a number of findings, each of which may
/// quote the URI a few times.
const CONSTANT: usize = 4 << 20;

struct Judges {
    machines: [Machine; 2],
    linters: Vec<Linter>,
}

static JUDGES: LazyLock<Judges> = LazyLock::new(|| {
    let user = Machine::fixed("2026-01-01".into());
    let mut root = Machine { uid: 0, ..user.clone() };
    let aliases = "uri_aliases = ['kvm1=qemu+ssh://kvm1.example/system', 'kvm2=qemu:///system']\n";
    root.conf.content = ConfContent::Text(aliases.into());
    let client = |word: &str| word.parse::<Client>().expect("the table has it");
    let linters = vec![
        Linter::new(Client::LIBVIRT, user.clone()),
        Linter::new(Client::LIBVIRT, root.clone()),
        Linter::new(client("libvirt@5.0"), root.clone()),
        Linter::new(client("go-libvirt"), user.clone()),
        Linter::new(client("terraform@0.8"), user.clone()),
        Linter::new(client("terraform@0.9"), user.clone()),
    ];
    Judges { machines: [user, root], linters }
});

/// Checks one URI.
pub fn check(uri: &[u8]) {
    for (place, linter) in JUDGES.linters.iter().enumerate() {
        let (findings, allocated) = counted(|| linter.lint(uri));
        assert!(allocated <= CONSTANT + 256 * uri.len(), "{allocated} bytes allocated");
        for finding in &findings {
            sound(finding, uri);
            // Thousands of judgments for one input would find less in the same time.
            for fix in finding.fixes.iter().take(usize::from(place == 0)) {
                let mut fixed = uri.to_vec();
                for (span, content) in fix.edits.iter().rev() {
                    fixed.splice(span.range(), content.iter().copied());
                }
                let _ = linter.lint(&fixed);
            }
        }
    }
    for (machine, linter) in JUDGES.machines.iter().zip(&JUDGES.linters) {
        let source = Source::given(uri, machine);
        let text = source.uri.clone().unwrap_or_default();
        linter.lint_source(&source).iter().for_each(|finding| sound(finding, &text));
    }
}

fn sound(finding: &Finding, uri: &[u8]) {
    // One is kept for old scripts, and judged as what it becomes.
    if uri == b"xen://" {
        return;
    }
    is_within(finding.span, uri);
    assert!(!finding.rule.is_empty() && !finding.message.is_empty());
    for (span, _) in finding.fixes.iter().flat_map(|fix| &fix.edits) {
        is_within(*span, uri);
    }
}
