//! Signing in: by a password, or by a ticket that stands for one.

use super::{Door, Failure, Grant, Unsigned};
use crate::domain::{Opening, Sessions, User, UserId};
use crate::secret::Secret;
use crate::tenant::Tenant;
use crate::tokens::RefreshClaims;

/// What became of a login.
#[derive(Debug)]
pub(crate) enum Login {
    Granted(Box<Grant>),
    Denied,
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
            return Ok(self.denied());
        };
        self.enter(door, user, along, None).await
    }

    /// Opens a family for this user, who has shown who he is by a ticket. It is spent with that, and only
    /// with that: whoever got no answer can use it again.
    pub(crate) async fn sign_in_as(
        &self,
        door: Door<'_>,
        user: Option<&UserId>,
        along: Option<&RefreshClaims>,
        ticket: &str,
    ) -> Result<Login, Failure> {
        let users = self.users();
        match user
            .and_then(|id| users.by_id(id))
            .filter(|user| user.active)
        {
            Some(user) => self.enter(door, user, along, Some(ticket)).await,
            None => Ok(self.denied()),
        }
    }

    fn denied(&self) -> Login {
        self.tally.login_denied.up();
        Login::Denied
    }

    async fn enter(
        &self,
        door: Door<'_>,
        user: &User,
        along: Option<&RefreshClaims>,
        ticket: Option<&str>,
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
        let opened = match ticket {
            None => Some(self.store.step(&user.id, &opening.id, decide).await?),
            Some(ticket) => {
                let spent = self.store.spend(ticket, &user.id, &opening.id, decide);
                spent.await?
            }
        };
        let Some(opened) = opened else {
            return Ok(self.denied());
        };
        let (family, grant) = opened?;
        if let Some(old) = along {
            let decide = |sessions: &mut Sessions| sessions.replace(now, &old.fid, &family);
            self.store.step(&old.sub, &old.fid, decide).await?;
        }
        self.tally.login_ok.up();
        Ok(Login::Granted(Box::new(grant)))
    }
}
