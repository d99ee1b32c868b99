//! Signing in, renewing, signing out: the domain's decisions, made atomic by the store and signed.
//!
//! Signing comes first and committing last, inside the step: an answer that could not be made has
//! changed nothing. Counting comes after it, because a step may be decided more than once.

mod fixed;

pub(crate) use fixed::Fixed;

use crate::domain::{
    Contract, Family, FamilyId, Key, LogoutScope, Opening, Reason, Sessions, Step, User, UserId,
    Verdict,
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

/// What became of a login.
#[derive(Debug)]
pub(crate) enum Login {
    Granted(Box<Grant>),
    Denied,
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

impl Tenant {
    /// Opens a family for whoever knows the password. The family whose token came along gives way to it.
    pub(crate) async fn sign_in(
        &self,
        door: Door<'_>,
        (email, password): (&str, &Secret),
        along: Option<&RefreshClaims>,
    ) -> Result<Login, Failure> {
        let users = self.users();
        let Some(user) = users
            .by_email(email)
            .filter(|user| user.active && user.password.expose() == password.expose())
        else {
            self.tally.login_denied.up();
            return Ok(Login::Denied);
        };
        self.enter(door, user, along).await
    }

    /// Opens a family for this user, who has shown who he is in another way.
    pub(crate) async fn sign_in_as(
        &self,
        door: Door<'_>,
        user: Option<&UserId>,
        along: Option<&RefreshClaims>,
    ) -> Result<Login, Failure> {
        let users = self.users();
        match user
            .and_then(|id| users.by_id(id))
            .filter(|user| user.active)
        {
            Some(user) => self.enter(door, user, along).await,
            None => {
                self.tally.login_denied.up();
                Ok(Login::Denied)
            }
        }
    }

    /// A refresh token asks for its successor.
    pub(crate) async fn renew(
        &self,
        door: Door<'_>,
        token: Option<&str>,
        key: Option<&[u8]>,
    ) -> Result<Renewal, Failure> {
        let renewal = match token {
            None => Renewal::Denied(Denial::Missing),
            Some(token) => match self.own(door, token) {
                None => Renewal::Denied(Denial::Unknown),
                Some(claims) => self.present(door, &claims, key).await?,
            },
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
        token: Option<&str>,
        scope: LogoutScope,
    ) -> Result<(), StoreDown> {
        if let Some(claims) = token.and_then(|token| self.own(door, token)) {
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
        token: &str,
    ) -> Result<(), StoreDown> {
        let claims = self.shared.keys.read_refresh(token);
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

    /// A refresh token of ours that was handed to this client.
    pub(crate) fn own(&self, door: Door<'_>, token: &str) -> Option<RefreshClaims> {
        self.shared
            .keys
            .read_refresh(token)
            .filter(|claims| claims.client == door.client)
    }

    /// Writes down which refresh token a request had in its body.
    pub(crate) fn note(&self, entry: EntryId, token: &str) {
        if let Some(claims) = self.shared.keys.read_refresh(token) {
            self.journal.saw(entry, Seen::from(claims));
        }
    }

    async fn enter(
        &self,
        door: Door<'_>,
        user: &User,
        along: Option<&RefreshClaims>,
    ) -> Result<Login, Failure> {
        let now = self.clock().seconds();
        let opening = Opening {
            id: self.next_family(),
            user: user.id.clone(),
            client: door.client.to_owned(),
            contract: door.contract,
            epoch: 0,
            refresh_ttl: self.shared.refresh_ttl,
            absolute_ttl: self.shared.absolute_ttl,
        };
        let decide = |sessions: &mut Sessions| {
            let family = sessions.open(now, opening.clone());
            let grant = self.grant(&family, user)?;
            sessions.commit_new(now, family.clone());
            Ok::<_, Unsigned>((family, grant))
        };
        let (family, grant) = self.store.step(&user.id, &opening.id, decide).await??;
        if let Some(old) = along {
            let decide = |sessions: &mut Sessions| sessions.replace(now, &old.fid, &family);
            self.store.step(&old.sub, &old.fid, decide).await?;
        }
        self.tally.login_ok.up();
        Ok(Login::Granted(Box::new(grant)))
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
