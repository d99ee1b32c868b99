//! Renewing by a token that is not rotated: it stays what it is, and so does the family's expiry.

use super::{Denial, Door, Unsigned};
use crate::domain::UserId;
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
    pub(crate) fn renew_fixed(
        &self,
        door: Door<'_>,
        token: Option<&str>,
        subject: Option<&UserId>,
    ) -> Result<Fixed, Unsigned> {
        let renewal = match token {
            None => Fixed::Denied(Denial::Missing),
            Some(token) => self.vouch(door, token, subject)?,
        };
        match renewal {
            Fixed::Granted(_) => self.tally.refresh_ok.up(),
            Fixed::Denied(_) => self.tally.refresh_denied.up(),
        }
        Ok(renewal)
    }

    fn vouch(
        &self,
        door: Door<'_>,
        token: &str,
        subject: Option<&UserId>,
    ) -> Result<Fixed, Unsigned> {
        let unknown = Ok(Fixed::Denied(Denial::Unknown));
        let Some(claims) = self
            .own(door, token)
            .filter(|claims| subject.is_none_or(|subject| claims.sub == *subject))
        else {
            return unknown;
        };
        let users = self.users();
        let user = users.by_id(&claims.sub).filter(|user| user.active);
        self.sessions.step(&claims.sub, |sessions| {
            let now = self.clock().seconds();
            let presented = (&claims.fid, claims.seq);
            match (
                sessions.vouch(now, presented, door.contract, user.is_some()),
                user,
            ) {
                (None, _) => unknown,
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
        })
    }
}
