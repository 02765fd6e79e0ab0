//! Looks at the alternatives of a connection that fails: at those that need no login, and
//! at the others where that is allowed.

use std::time::{Duration, Instant};

use super::Doctor;
use super::sought::Sought;
use crate::engine::Subject;
use crate::evidence::Tried;
use crate::probe::{Looking, Ports, observe};
use crate::report::CheckedTarget;
use crate::settings::Source;

/// Logins that `--try-alternatives` allows. Servers count failed ones.
const MOST_LOGINS: usize = 3;
/// How long one may take: it is an offer, not the answer.
const EACH: Duration = Duration::from_secs(10);

impl Doctor {
    /// What was seen of the alternatives, as far as the time reaches.
    pub(super) async fn prove(
        &self,
        checked: &CheckedTarget,
        sought: &Sought,
        until: Instant,
    ) -> Vec<Tried> {
        let mut tried = Vec::new();
        let mut logins = 0;
        for found in checked.alternatives.iter().map(|alternative| &alternative.found) {
            if found.needs_leave {
                if !self.try_alternatives || logins == MOST_LOGINS {
                    continue;
                }
                logins += 1;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let source = Source::given(&found.uri, &self.machine);
            let client = sought.terms.client;
            let subject = Subject::new(&source, client, &self.machine, found.readonly);
            let plan = subject.read(|reading| reading.plan.clone());
            // The other ports were looked at.
            let looking = Looking { time: left.min(EACH), ports: Ports::Plan, ..self.looking };
            let evidence = observe(&plan, &self.machine, looking).await;
            tried.push(Tried { uri: found.uri.clone(), readonly: found.readonly, evidence });
        }
        tried
    }
}
