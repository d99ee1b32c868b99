//! A strict server, small enough to be seen through: the `rotation` contract's table, users and their epochs.
//!
//! It is a second reading of the same document as `evertoken-mock` and shares no line with it. Time is the
//! server's own. Every request is one step, in the order in which requests arrive.

mod family;

use evertoken_core::{Reason, Scope};

use crate::marks::{Mark, Marks};
use crate::script::Keys;

pub use family::{Family, Key, Status};
use family::{Standing, Verdict};

/// How many users there are.
pub const USERS: u8 = 3;

/// A refresh token, as the cookie holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The login it stems from.
    pub family: u32,
    /// Which of that login's tokens it is, from 1.
    pub seq: u32,
}

/// An access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which it is; later ones have greater numbers.
    pub id: u32,
    /// Whom it stands for.
    pub user: u8,
    /// The login it stems from.
    pub family: u32,
    /// When it ends.
    pub expires: u64,
}

/// A request to an auth endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `POST /auth/login`.
    Login {
        /// Who.
        user: u8,
        /// Whether the password is right.
        right: bool,
        /// Which login of the world it is.
        login: u32,
    },
    /// `POST /auth/refresh`.
    Refresh {
        /// Its `Idempotency-Key`.
        key: Option<String>,
    },
    /// `POST /auth/logout`.
    Logout(Scope),
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 200 with a token.
    Granted {
        /// The access token.
        token: Token,
        /// The refresh key of its generation, if keys are handed out.
        key: Option<String>,
    },
    /// 200 to a logout.
    Ended,
    /// 401 `invalid_grant`.
    Denied {
        /// Its reason.
        reason: Option<Reason>,
        /// Whether no cookie came along.
        missing: bool,
    },
    /// 401 `invalid_credentials`.
    WrongPassword,
    /// 409.
    Superseded,
}

/// What an answer does to the cookie jar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetCookie {
    /// Nothing.
    Keep,
    /// Sets it.
    Set(Cookie),
    /// Clears it.
    Clear,
}

/// The server.
#[derive(Debug)]
pub struct Server {
    keys: Keys,
    lifetime: u64,
    refresh_ttl: u64,
    reuse_ends_user: bool,
    users: Vec<Epoch>,
    families: Vec<Family>,
    last_token: u32,
    /// Access tokens up to this one are refused.
    distrusted: u32,
    /// How often reuse was found.
    pub reuses: u32,
    /// How often a token was ahead of its family.
    pub ahead: u32,
    /// How often a refresh was denied.
    pub denials: u32,
}

/// A user's epoch, and why it moved last.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    number: u32,
    reason: Reason,
}

impl Server {
    /// A server that knows its users and no sessions.
    #[must_use]
    pub fn new(keys: Keys, lifetime: u64, refresh_ttl: u64, reuse_ends_user: bool) -> Self {
        let epoch = Epoch {
            number: 0,
            reason: Reason::Logout,
        };
        Self {
            keys,
            lifetime,
            refresh_ttl,
            reuse_ends_user,
            users: vec![epoch; usize::from(USERS)],
            families: Vec::new(),
            last_token: 0,
            distrusted: 0,
            reuses: 0,
            ahead: 0,
            denials: 0,
        }
    }

    /// Answers a request that came with this cookie.
    pub fn serve(
        &mut self,
        now: u64,
        ask: &Ask,
        cookie: Option<Cookie>,
        marks: &mut Marks,
    ) -> (Reply, SetCookie) {
        match ask {
            Ask::Login { user, right, login } => {
                if !right {
                    return (Reply::WrongPassword, SetCookie::Keep);
                }
                self.login(now, *user, *login, cookie)
            }
            Ask::Refresh { key } => self.refresh(now, cookie, key.as_deref(), marks),
            Ask::Logout(scope) => {
                self.logout(now, *scope, cookie);
                marks.add(Mark::LogoutServed);
                match scope {
                    Scope::Local | Scope::Global => (Reply::Ended, SetCookie::Clear),
                    Scope::Others => (Reply::Ended, SetCookie::Keep),
                }
            }
        }
    }

    /// Whether a resource is served to this token.
    #[must_use]
    pub fn accepts(&self, now: u64, token: Token) -> bool {
        now < token.expires && token.id > self.distrusted
    }

    /// Refuses every access token issued so far.
    pub fn distrust(&mut self) {
        self.distrusted = self.last_token;
    }

    /// Whether this family can still be renewed.
    #[must_use]
    pub fn is_alive(&self, now: u64, family: u32) -> bool {
        self.ended(now, family).is_none()
    }

    /// How this family ended, if it has; one whose time is over has, whether or not anybody asked since.
    #[must_use]
    pub fn ended(&self, now: u64, family: u32) -> Option<Reason> {
        self.over(now, self.family(family))
    }

    /// This family.
    #[must_use]
    pub fn family(&self, family: u32) -> &Family {
        &self.families[family as usize]
    }

    fn over(&self, now: u64, family: &Family) -> Option<Reason> {
        family.over(self.standing(now, family.user, family.epoch))
    }

    fn standing(&self, now: u64, user: u8, epoch: u32) -> Standing {
        let present = self.users[usize::from(user)];
        Standing {
            now,
            moved: (present.number != epoch).then_some(present.reason),
        }
    }

    fn login(
        &mut self,
        now: u64,
        user: u8,
        login: u32,
        cookie: Option<Cookie>,
    ) -> (Reply, SetCookie) {
        let number = self.families.len() as u32;
        if let Some(old) = cookie
            && self.is_alive(now, old.family)
        {
            self.families[old.family as usize].status = Status::Replaced(number);
        }
        let epoch = self.users[usize::from(user)].number;
        let until = now + self.refresh_ttl;
        let family = Family::open(number, user, epoch, login, until);
        self.families.push(family);
        self.grant(now, number)
    }

    fn grant(&mut self, now: u64, family: u32) -> (Reply, SetCookie) {
        self.last_token += 1;
        let of = self.family(family);
        let token = Token {
            id: self.last_token,
            user: of.user,
            family,
            expires: now + self.lifetime,
        };
        let key = match self.keys {
            Keys::HandedOut => Some(of.key()),
            Keys::Strings => None,
        };
        let cookie = Cookie {
            family,
            seq: of.seq,
        };
        (Reply::Granted { token, key }, SetCookie::Set(cookie))
    }

    fn refresh(
        &mut self,
        now: u64,
        cookie: Option<Cookie>,
        key: Option<&str>,
        marks: &mut Marks,
    ) -> (Reply, SetCookie) {
        let Some(cookie) = cookie else {
            marks.add(Mark::RowMissing);
            self.denials += 1;
            let denied = Reply::Denied {
                reason: None,
                missing: true,
            };
            return (denied, SetCookie::Keep);
        };
        let judged = Key::judge(key, cookie.family);
        match self.present(now, cookie, judged, true, marks) {
            Verdict::Denied(Reason::Replaced) => {}
            verdict => return self.answer(now, cookie.family, verdict, key),
        }
        let denied = Verdict::Denied(Reason::Replaced);
        let Status::Replaced(by) = self.family(cookie.family).status else {
            return self.answer(now, cookie.family, denied, key);
        };
        // The jar went back to a family that a login replaced, and the script holds that login's key.
        let judged = Key::judge(key, by);
        if matches!(judged, Key::Handed(_)) {
            let bare = Cookie { family: by, seq: 0 };
            match self.present(now, bare, judged, false, marks) {
                Verdict::Denied(_) => {}
                verdict => {
                    marks.add(Mark::RowReplacedWithKey);
                    return self.answer(now, by, verdict, key);
                }
            }
        }
        self.answer(now, cookie.family, denied, key)
    }

    /// The table, as one step. What is only tried changes nothing if it is denied.
    fn present(
        &mut self,
        now: u64,
        cookie: Cookie,
        key: Key<'_>,
        counts: bool,
        marks: &mut Marks,
    ) -> Verdict {
        let family = self.family(cookie.family);
        let standing = self.standing(now, family.user, family.epoch);
        let user = usize::from(family.user);
        let mut next = family.clone();
        let (verdict, row) = next.rotate(cookie.seq, key, standing, self.refresh_ttl);
        let is_denied = matches!(verdict, Verdict::Denied(_));
        if is_denied && !counts {
            return verdict;
        }
        marks.add(row);
        self.families[cookie.family as usize] = next;
        match row {
            Mark::RowSpent => {
                self.reuses += 1;
                if self.reuse_ends_user {
                    self.users[user].number += 1;
                    self.users[user].reason = Reason::Reuse;
                } else {
                    self.families[cookie.family as usize].end(Reason::Reuse);
                }
            }
            Mark::RowAhead => self.ahead += 1,
            _ => {}
        }
        verdict
    }

    fn answer(
        &mut self,
        now: u64,
        family: u32,
        verdict: Verdict,
        key: Option<&str>,
    ) -> (Reply, SetCookie) {
        match verdict {
            Verdict::Advance | Verdict::Replay => self.grant(now, family),
            Verdict::Superseded => (Reply::Superseded, SetCookie::Keep),
            Verdict::Denied(reason) => {
                self.denials += 1;
                // A keyed refusal may be answered after a newer login, whose cookie it would delete.
                let cookie = match key {
                    Some(_) => SetCookie::Keep,
                    None => SetCookie::Clear,
                };
                let denied = Reply::Denied {
                    reason: Some(reason),
                    missing: false,
                };
                (denied, cookie)
            }
        }
    }

    fn logout(&mut self, now: u64, scope: Scope, cookie: Option<Cookie>) {
        let Some(cookie) = cookie else { return };
        let family = self.family(cookie.family);
        if self.over(now, family).is_some() {
            return;
        }
        let user = usize::from(family.user);
        let is_recent = cookie.seq + 1 >= family.seq;
        match (scope, is_recent) {
            (Scope::Global, true) => {
                self.users[user].number += 1;
                self.users[user].reason = Reason::Logout;
            }
            (Scope::Others, true) => {
                self.users[user].number += 1;
                self.users[user].reason = Reason::Logout;
                self.families[cookie.family as usize].epoch = self.users[user].number;
            }
            (Scope::Local, _) | (Scope::Global, false) => {
                self.families[cookie.family as usize].end(Reason::Logout);
            }
            (Scope::Others, false) => {}
        }
    }
}

#[cfg(test)]
mod tests;
