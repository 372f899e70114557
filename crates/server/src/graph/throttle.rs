//! How much one app may read: so many resource units in ten seconds, as the documented service
//! limits it, so that no app takes the machine from the others. What is refused has done nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderName, Method, StatusCode};
use directory::{Actor, Subject};
use jiff::Timestamp;
use store::TenantId;
use uuid::Uuid;

use super::envelope::{GraphError, code};
use super::operation::Cost;
use crate::app::Mode;

/// Units in ten seconds: what the documented service gives to an app in a large directory.
pub const UNITS: u32 = 8_000;
/// How many times that is allowed at a desk, where load is a test of the app and there is nobody to
/// be kept out.
const AT_A_DESK: u32 = 100;
/// The time in which a used-up budget fills again.
const SECONDS: f64 = 10.0;
/// From this share on an app is told how close it is.
const WARNED: f64 = 0.8;

/// How much of the limit is used.
pub const PERCENTAGE: HeaderName = HeaderName::from_static("x-ms-throttle-limit-percentage");
/// Whose limit it is.
const SCOPE: HeaderName = HeaderName::from_static("x-ms-throttle-scope");
/// Which kind of limit.
const INFORMATION: HeaderName = HeaderName::from_static("x-ms-throttle-information");

/// What every app has read lately. Only apps that have a token are in it, so it is no longer than
/// the list of apps.
pub struct ReadLimits {
    units: f64,
    used: Mutex<HashMap<(TenantId, Uuid), Used>>,
}

/// A budget that fills evenly.
#[derive(Clone, Copy)]
struct Used {
    units: f64,
    at: Timestamp,
}

impl ReadLimits {
    /// So many units in ten seconds for each app.
    pub fn new(units: u32) -> Self {
        Self {
            units: f64::from(units),
            used: Mutex::default(),
        }
    }

    /// The usual ones.
    pub fn of(mode: Mode) -> Self {
        Self::new(match mode {
            Mode::Dev => UNITS * AT_A_DESK,
            Mode::Serve => UNITS,
        })
    }

    /// Takes the units of a request, or says why it has to wait. Returns the share that is used,
    /// where it is worth telling.
    pub(super) fn take(
        &self,
        actor: &Actor,
        cost: &str,
        now: Timestamp,
    ) -> Result<Option<String>, GraphError> {
        let cost: f64 = cost.parse().unwrap_or(1.0);
        let app = app_of(actor);
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = all.entry((actor.tenant, app)).or_insert(Used {
            units: 0.0,
            at: now,
        });
        // A clock that steps back fills nothing.
        let passed = now.duration_since(used.at).as_secs_f64().max(0.0);
        let rate = self.units / SECONDS;
        used.units = (used.units - passed * rate).max(0.0);
        used.at = now;
        if used.units + cost <= self.units {
            used.units += cost;
            let share = used.units / self.units;
            return Ok((share >= WARNED).then(|| format!("{share:.2}")));
        }
        let share = (used.units + cost) / self.units;
        let wait = (used.units + cost - self.units) / rate;
        // A second at least, ten at most: a whole budget fills in that time.
        let wait = (1..10_u32).find(|seconds| f64::from(*seconds) >= wait);
        Err(refused(actor, app, share, wait.unwrap_or(10)))
    }
}

/// Whether a request counts. Writes have limits of their own.
pub(super) fn reads(method: &Method, cost: Cost) -> bool {
    method == Method::GET || method == Method::HEAD || cost == Cost::OnePosted
}

/// The app that asks, for itself or for a person.
fn app_of(actor: &Actor) -> Uuid {
    match &actor.subject {
        Subject::App { client_id, .. } | Subject::Person { client_id, .. } => *client_id,
        Subject::Guest { .. } | Subject::Server => Uuid::nil(),
    }
}

/// On whose behalf lists are read: an app, or a person, whose lists are not to wait for those of
/// the app's other people.
pub(super) fn reader(actor: &Actor) -> Uuid {
    match &actor.subject {
        Subject::Person { user, .. } | Subject::Guest { user } => *user,
        Subject::App { client_id, .. } => *client_id,
        Subject::Server => Uuid::nil(),
    }
}

fn refused(actor: &Actor, app: Uuid, share: f64, wait: u32) -> GraphError {
    let message = "Too many requests. The app has read as much as it may for now.";
    let tenant = actor.tenant.0;
    GraphError::new(StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY, message)
        .after(wait)
        .header(PERCENTAGE, format!("{share:.2}"))
        .header(SCOPE, format!("Tenant_Application/Read/{app}/{tenant}"))
        .header(INFORMATION, "ResourceUnitLimitExceeded")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn actor(app: u128, tenant: u128) -> Actor {
        let mut actor = Actor::server(
            TenantId(Uuid::from_u128(tenant)),
            edm::Schema::core().into(),
            Uuid::nil(),
        );
        actor.subject = Subject::App {
            client_id: Uuid::from_u128(app),
            object: Uuid::nil(),
            permissions: std::iter::empty().collect(),
            roles: directory::Roles::default(),
        };
        actor
    }

    #[test]
    fn a_budget_is_used_up_and_fills_again() {
        let limits = ReadLimits::new(100);
        let (one, begin) = (actor(1, 1), Timestamp::UNIX_EPOCH);
        for _ in 0..39 {
            assert_eq!(limits.take(&one, "2", begin), Ok(None));
        }
        assert_eq!(limits.take(&one, "2", begin), Ok(Some("0.80".to_owned())));
        for _ in 0..10 {
            assert!(limits.take(&one, "2", begin).is_ok());
        }
        let error = limits.take(&one, "2", begin).unwrap_err();
        assert_eq!(error.status, StatusCode::TOO_MANY_REQUESTS);
        let header = |name: &str| {
            let found = error.headers.iter().find(|(known, _)| known == name);
            found.unwrap().1.clone()
        };
        assert_eq!(header("retry-after"), "1");
        assert_eq!(header("x-ms-throttle-limit-percentage"), "1.02");
        assert_eq!(
            header("x-ms-throttle-scope"),
            "Tenant_Application/Read/00000000-0000-0000-0000-000000000001/\
             00000000-0000-0000-0000-000000000001"
        );
        assert_eq!(
            header("x-ms-throttle-information"),
            "ResourceUnitLimitExceeded"
        );
        // Neither another app nor the same one in another directory waits for it.
        for other in [actor(2, 1), actor(1, 2)] {
            assert_eq!(limits.take(&other, "2", begin), Ok(None));
        }
        // After the second it was told to wait for it is served again; a clock that steps back
        // gives nothing.
        let later = begin + SignedDuration::from_secs(1);
        assert!(
            limits
                .take(&one, "2", begin - SignedDuration::from_secs(9))
                .is_err()
        );
        assert!(limits.take(&one, "2", later).is_ok());
        let much_later = begin + SignedDuration::from_secs(60);
        assert_eq!(limits.take(&one, "2", much_later), Ok(None));
    }
}
