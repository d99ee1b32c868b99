//! Renewing by a token that is not rotated: it stays what it is, and so does the family's expiry.

use super::{Denial, Door, Failure, Unsigned};
use crate::domain::{Sessions, UserId};
use crate::secret::Secret;
use crate::tenant::Tenant;

/// What became of it.
#[derive(Debug)]
pub(crate) enum Fixed {
    /// A fresh access token.
    Granted(Secret),
    Denied(Denial),
}

impl Tenant {
    /// A refresh token vouches for a fresh access token. With `subject` it must be that user's.
    pub(crate) async fn renew_fixed(
        &self,
        door: Door<'_>,
        token: Option<&str>,
        subject: Option<&UserId>,
    ) -> Result<Fixed, Failure> {
        let renewal = match token {
            None => Fixed::Denied(Denial::Missing),
            Some(token) => self.vouch(door, token, subject).await?,
        };
        match renewal {
            Fixed::Granted(_) => self.tally.refresh_ok.up(),
            Fixed::Denied(_) => self.tally.refresh_denied.up(),
        }
        Ok(renewal)
    }

    async fn vouch(
        &self,
        door: Door<'_>,
        token: &str,
        subject: Option<&UserId>,
    ) -> Result<Fixed, Failure> {
        let Some(claims) = self
            .own(door, token)
            .filter(|claims| subject.is_none_or(|subject| claims.sub == *subject))
        else {
            return Ok(Fixed::Denied(Denial::Unknown));
        };
        let users = self.users();
        let user = users.by_id(&claims.sub).filter(|user| user.active);
        let decide = |sessions: &mut Sessions| {
            let now = self.clock().seconds();
            let presented = (&claims.fid, claims.seq);
            match (
                sessions.vouch(now, presented, door.contract, user.is_some()),
                user,
            ) {
                (None, _) => Ok(Fixed::Denied(Denial::Unknown)),
                (Some((family, Some(reason))), _) => {
                    sessions.keep(family);
                    Ok(Fixed::Denied(Denial::Ended(reason)))
                }
                (Some((family, None)), Some(user)) => {
                    Ok(Fixed::Granted(self.access(&family, user)?))
                }
                // Without a user the family is inactive, and refused above.
                (Some((_, None)), None) => Err(Unsigned),
            }
        };
        Ok(self.store.step(&claims.sub, &claims.fid, decide).await??)
    }
}
