//! Passwords that are made for one server and never shown by `Debug`. Knows not whose they are.
use std::collections::BTreeMap;
use std::fmt;

use anyhow::anyhow;

/// Random bytes of a password.
const BYTES: usize = 16;

/// Passwords by user.
#[derive(Clone, Default)]
pub(crate) struct Passwords {
    by_user: BTreeMap<&'static str, String>,
}

impl Passwords {
    /// A random password, 32 hex digits, for each user.
    pub(crate) fn new(users: &[&'static str]) -> anyhow::Result<Self> {
        let mut by_user = BTreeMap::new();
        for user in users {
            let mut bytes = [0_u8; BYTES];
            getrandom::fill(&mut bytes).map_err(|error| anyhow!("getting random bytes: {error}"))?;
            by_user.insert(*user, hex::encode(bytes));
        }
        Ok(Self { by_user })
    }

    /// Takes over the passwords of users that both know.
    pub(crate) fn take_over(&mut self, others: &Self) {
        for (user, password) in &mut self.by_user {
            if let Some(other) = others.by_user.get(user) {
                password.clone_from(other);
            }
        }
    }

    pub(crate) fn of(&self, user: &str) -> Option<&str> {
        self.by_user.get(user).map(String::as_str)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &'static str> {
        self.by_user.keys().copied()
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.by_user.keys()).finish()
    }
}
