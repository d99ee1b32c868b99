//! Renewing by a token that is not rotated: it stays what it is, and so does the family's expiry.

use super::{Denial, Door, Failure, Token, Unsigned};
use crate::domain::{Sessions, UserId};
use crate::secret::Secret;
use crate::tenant::Tenant;
use crate::tokens::RefreshClaims;

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
        token: &Token,
        subject: Option<&UserId>,
    ) -> Result<Fixed, Failure> {
        let renewal = match token {
            Token::Missing => Fixed::Denied(Denial::Missing),
            Token::Ours(claims) if subject.is_none_or(|subject| claims.sub == *subject) => {
                self.vouch(door, claims).await?
            }
            Token::Ours(_) | Token::Foreign => Fixed::Denied(Denial::Unknown),
        };
        match renewal {
            Fixed::Granted(_) => self.tally.refresh_ok.up(),
            Fixed::Denied(_) => self.tally.refresh_denied.up(),
        }
        Ok(renewal)
    }

    async fn vouch(&self, door: Door<'_>, claims: &RefreshClaims) -> Result<Fixed, Failure> {
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
