//! Example files, and the configuration and baseline around them.

use std::path::{Path, PathBuf};

use super::{Block, Expected, MARK, Mismatch, compare, expected, fail};
use crate::engine::baseline::Baseline;
use crate::engine::{Levels, Standing, Subject, Suppressions, expired_paths, seal};
use crate::finding::{Draft, RuleId};
use crate::inventory::{Dialect, Terraform, scan};
use crate::settings::{ConfigFile, Machine, Source};
use crate::tables::clients::{Client, Family};
use crate::text::{Shown, Veil};
use crate::uri::secret_spans;

/// The day of all examples.
const TODAY: &str = "2026-01-01";

/// What is in force for the files of a page.
pub(super) struct Around<'p> {
    /// Without a configuration.
    base: Levels,
    config: Option<ConfigFile>,
    known: Option<(Baseline, &'p Block<'p>)>,
}

/// A rule, the text that it marks, and the line of the page.
type Found = Vec<(RuleId, String, Option<usize>)>;

/// A block without its expectations, and those.
fn read(block: &Block<'_>) -> (String, Vec<Expected>) {
    let (mut text, mut expectations) = (String::new(), Vec::new());
    for (at, line) in block.lines.iter().enumerate() {
        let mut parts = line.split(MARK);
        text.push_str(parts.next().unwrap_or_default());
        text.push('\n');
        expectations.extend(parts.map(|part| expected(part, block.line + at)));
    }
    (text, expectations)
}

/// Findings about a block itself.
fn about(block: &Block<'_>, text: &str, drafts: &[Draft], levels: &Levels) -> Found {
    let place = |byte: u32| block.line + text[..byte as usize].matches('\n').count();
    seal(drafts, &Veil::default(), levels)
        .into_iter()
        .map(|finding| {
            let line = place(finding.span.start);
            (finding.rule, text[finding.span.range()].to_owned(), Some(line))
        })
        .collect()
}

impl<'p> Around<'p> {
    pub(super) fn new(base: Levels) -> Self {
        Self { base, config: None, known: None }
    }

    /// A block that is our configuration.
    pub(super) fn configure(&mut self, block: &Block<'_>, mismatches: &mut Vec<Mismatch>) {
        let (text, expectations) = read(block);
        let path = Path::new("virt-doctor.toml");
        match ConfigFile::of(path, text.clone(), Path::new("/")) {
            Ok(config) => {
                let drafts = expired_paths(&config, TODAY);
                let found = about(block, &text, &drafts, &self.base);
                compare(expectations, found, block.line, mismatches);
                self.config = Some(config);
            }
            Err(error) => mismatches.push(Mismatch { line: block.line, what: error.to_string() }),
        }
    }

    /// A block that is a baseline.
    pub(super) fn know(&mut self, block: &'p Block<'p>, mismatches: &mut Vec<Mismatch>) {
        self.end(mismatches);
        match Baseline::of(&read(block).0, PathBuf::from("/")) {
            Ok(baseline) => self.known = Some((baseline, block)),
            Err(error) => mismatches.push(Mismatch { line: block.line, what: error.to_string() }),
        }
    }

    /// What the last baseline lists in vain.
    pub(super) fn end(&mut self, mismatches: &mut Vec<Mismatch>) {
        if let Some((baseline, block)) = self.known.take() {
            let (text, expectations) = read(block);
            let found = about(block, &text, &baseline.drafts(|_| true), &self.base);
            compare(expectations, found, block.line, mismatches);
        }
    }

    /// A block that is a file.
    pub(super) fn file(
        &mut self,
        block: &Block<'_>,
        name: &str,
        mut expectations: Vec<Expected>,
        mismatches: &mut Vec<Mismatch>,
    ) {
        let (text, own) = read(block);
        expectations.extend(own);
        let (path, whole) = (Path::new(name), Path::new("/").join(name));
        let levels = match self.levels(&whole) {
            Ok(levels) => levels,
            Err(error) => return mismatches.push(Mismatch { line: block.line, what: error }),
        };
        let machine = Machine::fixed(TODAY.into());
        let client = if Terraform::reads(path) {
            Client::newest(Family::Terraform)
        } else {
            Client::LIBVIRT
        };
        let dialect = Dialect::of(path);
        let suppressions = Suppressions::of(text.as_bytes(), dialect, TODAY, &levels);
        let mut known = self.known.as_mut().map(|(baseline, _)| baseline);
        let name = known.as_mut().map(|known| known.look_at(&whole, &levels)).unwrap_or_default();
        let mut found = Found::new();
        for located in scan(text.as_bytes(), dialect).found {
            let source = Source::of_file(&located.text);
            let (key, context) = (located.key.as_deref(), located.context);
            let standing = Standing { file: path, kind: dialect.kind, key, context };
            let subject = Subject::new(&source, client, &machine, false);
            let subject = Subject { standing: Some(standing), ..subject };
            let filed = subject.lint_located(&located, text.as_bytes(), &levels);
            let line = text[..located.span.start as usize].matches('\n').count();
            fail(filed.failures, block.line + line, mismatches);
            let in_uri =
                filed.in_uri.into_iter().map(|finding| (located.in_file(finding.span), finding));
            let in_file = filed.in_file.into_iter().map(|finding| (finding.span, finding));
            let (uri, secrets) = located.source(text.as_bytes(), &secret_spans(&located.text));
            let uri = Shown::masked(&uri, &secrets);
            for (span, finding) in in_uri.chain(in_file) {
                let rule = finding.rule;
                let hidden = suppressions.hides(rule, located.span, &levels)
                    || levels.silencer(rule).is_some()
                    || known.as_mut().is_some_and(|known| known.hides(rule, &name, &uri, &levels));
                if !hidden {
                    let line = text[..span.start as usize].matches('\n').count();
                    found.push((rule, text[span.range()].to_owned(), Some(block.line + line)));
                }
            }
        }
        found.extend(about(block, &text, &suppressions.drafts(&levels), &levels));
        compare(expectations, found, block.line, mismatches);
    }

    fn levels(&self, file: &Path) -> Result<Levels, String> {
        let Some(config) = &self.config else { return Ok(self.base.clone()) };
        let matched: Vec<bool> =
            config.config.paths.iter().map(|paths| paths.matches(file)).collect();
        let policies = self.base.policies();
        let mut levels = Levels::of_config(config, &matched, TODAY, policies)
            .map_err(|error| error.to_string())?;
        if !policies.list().is_empty() {
            levels.only_policies();
        }
        Ok(levels)
    }
}
