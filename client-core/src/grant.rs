//! A grant: one access token, seen from outside. The token itself is the shell's.

use core::cmp::Ordering;
use core::num::NonZeroU32;

use crate::rng::Rng;
use crate::tabs::Position;
use crate::time::{Duration, Instant};

/// Names one access token of one session machine. Later tokens have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenId(pub(crate) NonZeroU32);

impl TokenId {
    /// The id as a number greater than zero, for a shell to carry through another language.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The id a shell carried through another language; zero names no token.
    pub const fn from_number(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

/// A token that has just arrived is worth one try even if it says that it has expired: whoever waited
/// for it would otherwise be sent round for ever by a backend that grants zero seconds.
const WORTH_ONE_TRY: Duration = Duration::from_secs(1);

/// The timer renews at most once a second. A shorter-lived token is renewed when somebody needs it.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(1);

/// One access token.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) token: TokenId,
    /// The first token of the same subject in a row: whoever holds this one or a later one may go on
    /// with the present one.
    pub(crate) since: TokenId,
    /// Who the token stands for, if that can be told.
    pub(crate) subject: Option<String>,
    /// When the token expires, counted from when it was asked for.
    pub(crate) expires: Option<Instant>,
    /// Until when it is used.
    pub(crate) good_until: Option<Instant>,
    /// When it is renewed in advance.
    pub(crate) renew_at: Option<Instant>,
    /// When it was asked for, and how long it lives from then.
    pub(crate) asked: Instant,
    pub(crate) lifetime: Option<Duration>,
    /// When it says that it was issued, in seconds since 1970.
    pub(crate) issued_at: Option<u64>,
    /// Where it stands among those of all tabs.
    pub(crate) position: Position,
}

/// What is known of a token when it arrives.
#[derive(Debug)]
pub(crate) struct Particulars {
    pub(crate) asked: Instant,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) subject: Option<String>,
    pub(crate) issued_at: Option<u64>,
    pub(crate) position: Position,
}

impl Grant {
    /// A grant that arrived at `now`.
    pub(crate) fn new(
        token: TokenId,
        arrived: Particulars,
        now: Instant,
        buffer: Duration,
        rng: &mut Rng,
    ) -> Self {
        let Particulars {
            asked,
            lifetime,
            subject,
            issued_at,
            position,
        } = arrived;
        let expires = lifetime.map(|lifetime| asked.after(lifetime));
        Self {
            token,
            since: token,
            subject,
            expires,
            good_until: expires,
            renew_at: lifetime
                .filter(|lifetime| *lifetime >= SHORTEST_RENEWAL)
                .map(|lifetime| renewal(lifetime, asked, now, buffer, rng)),
            asked,
            lifetime,
            issued_at,
            position,
        }
    }

    /// Leaves its renewal to the backend: it is used whatever its age.
    pub(crate) fn leave_to_backend(&mut self) {
        self.good_until = None;
        self.renew_at = None;
    }

    /// Whether a token that was issued at `issued_at`, for a request that was sent with `with`, is newer than this
    /// one. Of two of the same second only the answer to this one's own request is.
    pub(crate) fn is_older_than(&self, issued_at: Option<u64>, with: TokenId) -> bool {
        let times = self.issued_at.zip(issued_at);
        match times.map(|(mine, theirs)| mine.cmp(&theirs)) {
            Some(Ordering::Less) => true,
            Some(Ordering::Greater) => false,
            Some(Ordering::Equal) | None => with == self.token,
        }
    }

    /// Lets a token that was asked for here be tried once, whatever it says of itself.
    pub(crate) fn deserves_a_try(&mut self, now: Instant) {
        if let Some(until) = &mut self.good_until {
            *until = (*until).max(now.after(WORTH_ONE_TRY));
        }
    }

    /// Makes this grant the successor of `before`, which stands for the same user.
    pub(crate) fn follow(&mut self, before: &Self) {
        self.since = before.since;
        if self.subject.is_none() {
            self.subject.clone_from(&before.subject);
        }
    }

    /// Whether the token is used without asking anybody.
    pub(crate) fn is_good(&self, now: Instant) -> bool {
        self.good_until.is_none_or(|until| now < until)
    }

    /// Whether the token is used, and not about to be renewed.
    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        self.is_good(now) && self.renew_at.is_none_or(|at| now < at)
    }

    /// Whether the two stand for the same user, as far as both say.
    pub(crate) fn is_of(&self, subject: Option<&str>) -> bool {
        match (self.subject.as_deref(), subject) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (Some(_) | None, None) | (None, Some(_)) => true,
        }
    }
}

/// The buffer before the end; up to a tenth of it more spreads the renewals of clients that started together.
fn renewal(
    lifetime: Duration,
    sent: Instant,
    now: Instant,
    buffer: Duration,
    rng: &mut Rng,
) -> Instant {
    let jitter = Duration::from_millis(rng.up_to(buffer.as_millis() / 10));
    sent.after(lifetime)
        .before(buffer)
        .before(jitter)
        .max(now.after(SHORTEST_RENEWAL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::OpId;

    #[test]
    fn ids_come_back_from_another_language_as_they_went() {
        for number in [1, 2, u32::MAX] {
            assert_eq!(TokenId::from_number(number).map(TokenId::get), Some(number));
            assert_eq!(OpId::from_number(number).map(OpId::get), Some(number));
        }
        assert_eq!(TokenId::from_number(0), None);
        assert_eq!(OpId::from_number(0), None);
    }

    #[test]
    fn a_token_is_fresh_until_it_is_to_be_renewed_and_good_until_it_expires() {
        let arrived = Particulars {
            asked: Instant::from_millis(0),
            lifetime: Some(Duration::from_secs(100)),
            subject: None,
            issued_at: None,
            position: Position::default(),
        };
        let now = Instant::from_millis(0);
        let grant = Grant::new(
            TokenId(NonZeroU32::MIN),
            arrived,
            now,
            Duration::ZERO,
            &mut Rng::new(1),
        );
        let end = Instant::from_millis(100_000);
        let before = Instant::from_millis(99_999);
        assert!(grant.is_fresh(before) && grant.is_good(before));
        assert!(!grant.is_fresh(end) && !grant.is_good(end));
        let early = Grant {
            renew_at: Some(before),
            ..grant
        };
        assert!(!early.is_fresh(before) && early.is_good(before));
    }
}
