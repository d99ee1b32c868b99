//! Short words for what came of an exchange, which the tests of one tab and of many share.

use evertoken_core::Duration;

use evertoken_core::{Code, Failure, Granted, Outcome, Reason};

pub const LIFETIME: u64 = 900;
pub const LIFE: Duration = Duration::from_secs(LIFETIME);
pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);

pub fn granted(who: &str, seconds: u64) -> Outcome {
    Outcome::Granted(Granted {
        lifetime: Some(Duration::from_secs(seconds)),
        subject: Some(who.into()),
        ..Granted::default()
    })
}

pub fn denied(reason: Reason) -> Outcome {
    Outcome::Denied {
        reason: Some(reason),
        missing: false,
        status: 401,
    }
}

pub fn failed(code: Code) -> Outcome {
    Outcome::Failed(Failure::new(code))
}
