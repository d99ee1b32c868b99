//! Signing in, renewing, signing out: the domain's decisions, made atomic by the store and signed.
//!
//! Signing comes first and committing last, inside the step: an answer that could not be made has
//! changed nothing. Counting comes after it, because a step may be decided more than once.

mod fixed;
mod login;

pub(crate) use fixed::Fixed;
pub(crate) use login::Login;

use crate::domain::{
    Contract, Family, FamilyId, Key, LogoutScope, Reason, Sessions, Step, User, UserId, Verdict,
};
use crate::journal::{EntryId, Seen};
use crate::secret::Secret;
use crate::store::StoreDown;
use crate::tenant::Tenant;
use crate::tokens::{AccessTerms, RefreshClaims};

/// How many logins may have followed one another in a browser while one answer was on its way to it.
const REPLACEMENTS: usize = 16;

/// Both tokens, and what is said with them.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) access: Secret,
    /// In seconds.
    pub(crate) expires_in: u64,
    pub(crate) refresh: Secret,
    /// What is left of the refresh token's life, in seconds.
    pub(crate) refresh_expires_in: u64,
    pub(crate) refresh_key: Secret,
    pub(crate) user: User,
}

/// What became of a refresh.
#[derive(Debug)]
pub(crate) enum Renewal {
    Granted(Box<Grant>),
    Superseded,
    Denied(Denial),
}

/// Why a refresh was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// No token came.
    Missing,
    /// What came is none of our refresh tokens, or its family is unknown.
    Unknown,
    /// The family's reason.
    Ended(Reason),
}

/// A token could not be made. Nothing has changed.
#[derive(Debug)]
pub(crate) struct Unsigned;

/// Why there is no decision to answer with.
#[derive(Debug)]
pub(crate) enum Failure {
    Unsigned,
    StoreDown,
}

impl From<Unsigned> for Failure {
    fn from(_: Unsigned) -> Self {
        Self::Unsigned
    }
}

impl From<StoreDown> for Failure {
    fn from(_: StoreDown) -> Self {
        Self::StoreDown
    }
}

/// Which door a request came in by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door<'a> {
    pub(crate) contract: Contract,
    pub(crate) client: &'a str,
}

/// The refresh token of a request, to whom it was handed considered. It is read once, where it comes in.
#[derive(Debug)]
pub(crate) enum Token {
    /// None came.
    Missing,
    /// None of ours, or one that another client was handed.
    Foreign,
    Ours(RefreshClaims),
}

impl Token {
    /// What came was read as this.
    pub(crate) fn read(door: Door<'_>, claims: Option<RefreshClaims>) -> Self {
        match claims.filter(|claims| claims.client == door.client) {
            Some(claims) => Self::Ours(claims),
            None => Self::Foreign,
        }
    }

    /// What it says, if it is ours.
    pub(crate) fn ours(&self) -> Option<&RefreshClaims> {
        match self {
            Self::Ours(claims) => Some(claims),
            Self::Missing | Self::Foreign => None,
        }
    }
}

impl Tenant {
    /// A refresh token asks for its successor.
    pub(crate) async fn renew(
        &self,
        door: Door<'_>,
        token: &Token,
        key: Option<&[u8]>,
    ) -> Result<Renewal, Failure> {
        let renewal = match token {
            Token::Missing => Renewal::Denied(Denial::Missing),
            Token::Foreign => Renewal::Denied(Denial::Unknown),
            Token::Ours(claims) => self.present(door, claims, key).await?,
        };
        match renewal {
            Renewal::Superseded => self.tally.refresh_superseded.up(),
            Renewal::Denied(_) => self.tally.refresh_denied.up(),
            // Counted where it is known whether it is a rotation or a replay.
            Renewal::Granted(_) => {}
        }
        Ok(renewal)
    }

    /// Signs out. A token that is none of ours has nothing to end, and that is no error (RFC 7009 §2.2).
    pub(crate) async fn sign_out(
        &self,
        door: Door<'_>,
        token: &Token,
        scope: LogoutScope,
    ) -> Result<(), StoreDown> {
        if let Some(claims) = token.ours() {
            let now = self.clock().seconds();
            let presented = (&claims.fid, claims.seq);
            let decide = |sessions: &mut Sessions| {
                sessions.sign_out(now, presented, door.contract, scope);
            };
            self.store.step(&claims.sub, &claims.fid, decide).await?;
        }
        self.tally.logout.up();
        Ok(())
    }

    /// Ends the family of this token, if it is one of this contract and, where a client is named, of
    /// that client.
    pub(crate) async fn revoke(
        &self,
        contract: Contract,
        client: Option<&str>,
        claims: Option<RefreshClaims>,
    ) -> Result<(), StoreDown> {
        if let Some(claims) =
            claims.filter(|claims| client.is_none_or(|client| claims.client == client))
        {
            let now = self.clock().seconds();
            let decide = |sessions: &mut Sessions| sessions.revoke(now, &claims.fid, contract);
            self.store.step(&claims.sub, &claims.fid, decide).await?;
        }
        self.tally.logout.up();
        Ok(())
    }

    /// The refresh token in the cookie of a request.
    pub(crate) fn token(&self, door: Door<'_>, cookie: Option<&str>) -> Token {
        match cookie {
            None => Token::Missing,
            Some(token) => Token::read(door, self.shared.keys.read_refresh(token)),
        }
    }

    /// Reads the refresh token in the body of a request, and writes down which it was.
    pub(crate) fn note(&self, entry: EntryId, token: &str) -> Option<RefreshClaims> {
        let claims = self.shared.keys.read_refresh(token)?;
        self.journal.saw(entry, Seen::from(claims.clone()));
        Some(claims)
    }

    /// The table, made one step, and what it says made an answer.
    async fn present(
        &self,
        door: Door<'_>,
        claims: &RefreshClaims,
        key: Option<&[u8]>,
    ) -> Result<Renewal, Failure> {
        let judged = self.shared.keys.judge(key, &claims.fid);
        let presented = (&claims.fid, claims.seq);
        let outcome = self
            .present_to(door, &claims.sub, presented, judged, Punish::Yes)
            .await?;
        match outcome {
            Renewal::Denied(Denial::Ended(Reason::Replaced)) => Ok(self
                .present_to_replacement(door, claims, key)
                .await?
                .unwrap_or(outcome)),
            Renewal::Granted(_) | Renewal::Superseded | Renewal::Denied(_) => Ok(outcome),
        }
    }

    /// Row 2's exception. The cookie went back to a family that a login had replaced, and the script
    /// holds a key of that login, or of one that replaced it in turn: it is answered as if the cookie had
    /// merely gone back in that family. A family that has ended never changes, so looking at one and then
    /// at the other is safe.
    async fn present_to_replacement(
        &self,
        door: Door<'_>,
        claims: &RefreshClaims,
        key: Option<&[u8]>,
    ) -> Result<Option<Renewal>, Failure> {
        let (mut id, mut user) = (claims.fid.clone(), claims.sub.clone());
        for _ in 0..REPLACEMENTS {
            let find = |sessions: &mut Sessions| sessions.replacement(&id);
            let Some(by) = self.store.step(&user, &id, find).await? else {
                return Ok(None);
            };
            (id, user) = by;
            let key = match self.shared.keys.judge(key, &id) {
                key @ Key::Handed(_) => key,
                Key::Foreign(_) | Key::Absent => continue,
            };
            let answer = self.present_to(door, &user, (&id, 0), key, Punish::No);
            return match answer.await? {
                Renewal::Denied(_) => Ok(None),
                answer @ (Renewal::Granted(_) | Renewal::Superseded) => Ok(Some(answer)),
            };
        }
        Ok(None)
    }

    async fn present_to(
        &self,
        door: Door<'_>,
        user_id: &UserId,
        presented: (&FamilyId, u64),
        key: Key,
        punish: Punish,
    ) -> Result<Renewal, Failure> {
        let users = self.users();
        let user = users.by_id(user_id).filter(|user| user.active);
        let standing = (user.is_some(), self.shared.grace_ms);
        let decide = |sessions: &mut Sessions| {
            let now = self.clock().seconds();
            let Some(step) = sessions.present(now, presented, key, door.contract, standing) else {
                return Ok((Renewal::Denied(Denial::Unknown), None));
            };
            let renewal = self.answer(&step, user)?;
            if matches!((&renewal, punish), (Renewal::Denied(_), Punish::No)) {
                return Ok((renewal, None));
            }
            let taken = (step.verdict, step.reused);
            sessions.commit(step, self.shared.reuse_revokes);
            Ok::<_, Unsigned>((renewal, Some(taken)))
        };
        let (renewal, taken) = self.store.step(user_id, presented.0, decide).await??;
        if let Some((verdict, reused)) = taken {
            self.count(verdict, reused);
        }
        Ok(renewal)
    }

    fn answer(&self, step: &Step, user: Option<&User>) -> Result<Renewal, Unsigned> {
        match (step.verdict, user) {
            (Verdict::Advance | Verdict::Replay, Some(user)) => {
                Ok(Renewal::Granted(Box::new(self.grant(&step.family, user)?)))
            }
            // The table refuses before it comes to this (row 4).
            (Verdict::Advance | Verdict::Replay, None) => Err(Unsigned),
            (Verdict::Superseded, _) => Ok(Renewal::Superseded),
            (Verdict::Denied(reason), _) => Ok(Renewal::Denied(Denial::Ended(reason))),
        }
    }

    fn count(&self, verdict: Verdict, reused: bool) {
        match verdict {
            Verdict::Advance => {
                self.tally.refresh_ok.up();
                self.tally.rotations.up();
            }
            Verdict::Replay => self.tally.refresh_replayed.up(),
            Verdict::Superseded | Verdict::Denied(_) => {}
        }
        if reused {
            self.tally.reuse.up();
        }
    }

    fn access(&self, family: &Family, user: &User) -> Result<Secret, Unsigned> {
        let terms = AccessTerms {
            issuer: self.issuer(),
            jti: self.next_jti(),
            now: self.clock().seconds(),
            ttl: self.shared.access_ttl,
        };
        let keys = &self.shared.keys;
        keys.access_token(family, user, terms).map_err(|_| Unsigned)
    }

    fn grant(&self, family: &Family, user: &User) -> Result<Grant, Unsigned> {
        let keys = &self.shared.keys;
        let now = self.clock().seconds();
        Ok(Grant {
            access: self.access(family, user)?,
            expires_in: self.shared.access_ttl,
            refresh: keys.refresh_token(family).map_err(|_| Unsigned)?,
            refresh_expires_in: family.expires_at().saturating_sub(now),
            refresh_key: keys.refresh_key(family).ok_or(Unsigned)?,
            user: user.clone(),
        })
    }
}

/// Whether a refusal counts against the family that was asked.
#[derive(Clone, Copy)]
enum Punish {
    Yes,
    No,
}
