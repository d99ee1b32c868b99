//! Everything one user has, changed in one step.

use std::collections::BTreeMap;

use super::{
    Contract, Epoch, Family, FamilyId, Key, Opening, Reason, Seconds, Standing, Status, UserId,
    Verdict,
};

/// How many families a user may have before those that are over are forgotten: enough for any test
/// that looks back at them, small enough (about 300 bytes each) for a server that runs for months.
const FAMILIES: usize = 1_000;

/// What a reused token ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReuseRevokes {
    /// Every session of the user: whoever stole one token may have stolen more.
    #[default]
    User,
    /// Only the family of that token.
    Family,
}

/// What a logout ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutScope {
    /// This session.
    Local,
    /// Every other session of the user.
    Others,
    /// Every session of the user.
    #[default]
    Global,
}

/// A decision that has not been committed: sign what it needs first.
#[derive(Debug)]
pub struct Step {
    /// The family as it will be.
    pub family: Family,
    /// What to answer.
    pub verdict: Verdict,
    /// Row 10 of the table: this very presentation is the reuse, and not one that was found before.
    pub reused: bool,
}

/// The families of one user, and the epoch they live in.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    epoch: Epoch,
    families: BTreeMap<FamilyId, Family>,
}

impl Sessions {
    /// What a store kept apart, or as much of it as one decision needs.
    #[must_use]
    pub fn restore(epoch: Epoch, families: impl IntoIterator<Item = Family>) -> Self {
        let families = families
            .into_iter()
            .map(|family| (family.id().clone(), family));
        Self {
            epoch,
            families: families.collect(),
        }
    }

    /// The epoch as it is now.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// This family, whatever became of it.
    #[must_use]
    pub fn family(&self, id: &FamilyId) -> Option<&Family> {
        self.families.get(id)
    }

    /// What a new family of this user would be. It counts once it is [committed](Self::commit_new).
    #[must_use]
    pub fn open(&self, now: Seconds, opening: Opening) -> Family {
        Family::open(
            now,
            Opening {
                epoch: self.epoch.number(),
                ..opening
            },
        )
    }

    /// A login is done.
    pub fn commit_new(&mut self, now: Seconds, family: Family) {
        if self.families.len() >= FAMILIES {
            let epoch = &self.epoch;
            self.families
                .retain(|_, old| old.over(now, epoch.ended(old.epoch())).is_none());
        }
        if self.families.len() >= FAMILIES {
            self.families.pop_first();
        }
        self.families.insert(family.id().clone(), family);
    }

    /// A token is presented: what would follow. Nothing changes before it is [committed](Self::commit).
    /// `None`: this user has no such family in this contract (row 1).
    #[must_use]
    pub fn present(
        &self,
        now: Seconds,
        (id, presented): (&FamilyId, u64),
        key: Key,
        contract: Contract,
        (active, grace_ms): (bool, u64),
    ) -> Option<Step> {
        let mut family = self
            .families
            .get(id)
            .filter(|family| family.contract() == contract)?
            .clone();
        let moved = self.epoch.ended(family.epoch());
        let over = family.over(now, moved);
        let verdict = family.rotate(
            now,
            presented,
            key,
            Standing {
                moved,
                active,
                grace_ms,
            },
        );
        let reused = over.is_none() && verdict == Verdict::Denied(Reason::Reuse);
        Some(Step {
            family,
            verdict,
            reused,
        })
    }

    /// The step is taken.
    pub fn commit(&mut self, mut step: Step, reuse: ReuseRevokes) {
        match (step.reused, reuse) {
            (true, ReuseRevokes::User) => self.epoch.advance(Reason::Reuse),
            (true, ReuseRevokes::Family) => step.family.end(Status::Ended(Reason::Reuse)),
            (false, ReuseRevokes::User | ReuseRevokes::Family) => {}
        }
        self.families.insert(step.family.id().clone(), step.family);
    }

    /// A token that is not rotated is presented: its family as it will be, and why it is refused, if it
    /// is. Nothing changes before it is [kept](Self::keep). `None`: as for [`present`](Self::present).
    #[must_use]
    pub fn vouch(
        &self,
        now: Seconds,
        (id, presented): (&FamilyId, u64),
        contract: Contract,
        active: bool,
    ) -> Option<(Family, Option<Reason>)> {
        let mut family = self
            .families
            .get(id)
            .filter(|family| family.contract() == contract)?
            .clone();
        let moved = self.epoch.ended(family.epoch());
        let refused = family.vouch(now, presented, moved, active);
        Some((family, refused))
    }

    /// The family is as it says.
    pub fn keep(&mut self, family: Family) {
        self.families.insert(family.id().clone(), family);
    }

    /// Another login in the same browser takes the place of this family.
    pub fn replace(&mut self, now: Seconds, id: &FamilyId, by: &Family) {
        let Some(family) = of(&mut self.families, id, by.contract()) else {
            return;
        };
        if family.over(now, self.epoch.ended(family.epoch())).is_none() {
            family.end(Status::Replaced {
                by: by.id().clone(),
                user: by.user().clone(),
            });
        }
    }

    /// Signs out. A family that is over, or a token older than the predecessor, reaches no further than
    /// that family: whoever holds it may have found it anywhere.
    pub fn sign_out(
        &mut self,
        now: Seconds,
        (id, presented): (&FamilyId, u64),
        contract: Contract,
        scope: LogoutScope,
    ) {
        let Some(family) = of(&mut self.families, id, contract) else {
            return;
        };
        let over = family.over(now, self.epoch.ended(family.epoch()));
        match (over, family.is_recent(presented), scope) {
            (None, true, LogoutScope::Global) => self.epoch.advance(Reason::Logout),
            (None, true, LogoutScope::Others) => {
                self.epoch.advance(Reason::Logout);
                family.follow(self.epoch.number());
            }
            (None, true, LogoutScope::Local)
            | (None, false, LogoutScope::Local | LogoutScope::Global) => {
                family.end(Status::Ended(Reason::Logout));
            }
            (None, false, LogoutScope::Others) | (Some(_), _, _) => {}
        }
    }

    /// The client has no more use for this family (RFC 7009 §2.1): whoever holds any of its tokens may
    /// end it, and nothing else.
    pub fn revoke(&mut self, now: Seconds, id: &FamilyId, contract: Contract) {
        let Some(family) = of(&mut self.families, id, contract) else {
            return;
        };
        if family.over(now, self.epoch.ended(family.epoch())).is_none() {
            family.end(Status::Ended(Reason::Revoked));
        }
    }

    /// What was issued so far counts as expired.
    pub fn expire(&mut self, now: Seconds) {
        for family in self.families.values_mut() {
            family.expire(now);
        }
    }

    /// Every family, with the reason why it is over, if it is.
    pub fn all(&self, now: Seconds) -> impl Iterator<Item = (&Family, Option<Reason>)> {
        self.families
            .values()
            .map(move |family| (family, family.over(now, self.epoch.ended(family.epoch()))))
    }

    /// The family that took the place of this one, and its user.
    #[must_use]
    pub fn replacement(&self, id: &FamilyId) -> Option<(FamilyId, UserId)> {
        match self.families.get(id)?.status() {
            Status::Replaced { by, user } => Some((by.clone(), user.clone())),
            Status::Alive | Status::Ended(_) => None,
        }
    }
}

/// A refresh token is nothing to another contract than its own, and so is its family.
fn of<'a>(
    families: &'a mut BTreeMap<FamilyId, Family>,
    id: &FamilyId,
    contract: Contract,
) -> Option<&'a mut Family> {
    families
        .get_mut(id)
        .filter(|family| family.contract() == contract)
}
