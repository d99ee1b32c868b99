//! Who may sign in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UserId;
use crate::secret::Secret;

/// One account of the mock.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = KnownUser)]
pub struct User {
    /// The `sub` of its tokens.
    pub id: UserId,
    /// What it signs in with, beside the password.
    pub email: String,
    /// In clear: these are test accounts. Never logged.
    #[schema(value_type = String)]
    pub password: Secret,
    /// `user`, `admin`, or any other word.
    pub role: String,
    /// An inactive user can neither sign in nor renew.
    pub active: bool,
}

/// All accounts of a tenant.
#[derive(Clone, Debug)]
pub struct Users(Vec<User>);

impl Users {
    /// The accounts, as given. E-mail addresses and ids are the caller's to keep apart.
    #[must_use]
    pub fn new(users: Vec<User>) -> Self {
        Self(users)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[User] {
        &self.0
    }

    /// The one with this id.
    #[must_use]
    pub fn by_id(&self, id: &UserId) -> Option<&User> {
        self.0.iter().find(|user| user.id == *id)
    }

    /// The one with this e-mail address.
    #[must_use]
    pub fn by_email(&self, email: &str) -> Option<&User> {
        self.0.iter().find(|user| user.email == email)
    }
}

impl Default for Users {
    /// `user@example.com`, `admin@example.com` and `inactive@example.com`, all with `password`.
    fn default() -> Self {
        let account = |id: &str, name: &str, role: &str, active| User {
            id: UserId(id.to_owned()),
            email: format!("{name}@example.com"),
            password: Secret::new("password"),
            role: role.to_owned(),
            active,
        };
        Self(vec![
            account("usr_1", "user", "user", true),
            account("usr_2", "admin", "admin", true),
            account("usr_3", "inactive", "user", false),
        ])
    }
}
