//! Sessions in Redis, for several processes that answer as one.
//!
//! ```text
//!  read the family and the epoch ──▶ decide, in Rust ──▶ nothing changed: done
//!        ▲                                  │
//!        │ somebody came between            ▼
//!        └───────────────────────── commit.lua: as they were seen? then as they are to be
//! ```
//! The table of rotation is not in the script: it only compares. What was read in one command and
//! found unchanged by the script was a state that there was, so steps are as atomic as under a lock, as
//! long as Redis loses no write. One that does (`appendfsync everysec` after a power cut, a replica that
//! takes over) makes honest clients present tokens from the future, and their sessions end (row 9); the
//! cure is `appendfsync always`, and `maxmemory-policy noeviction`.
//!
//! Steps for one user queue up within a process, since of those that read the same state only one could
//! commit: what is left to come between is other processes.
//!
//! The connection makes itself anew. A command that broke with it is asked once more: a reading changes
//! nothing, and a commit that was done already finds its own record. What then still fails is
//! [`StoreDown`].

mod record;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisError};
use tokio::sync::{Mutex, MutexGuard};

use crate::clock::Clock;
use crate::domain::{FamilyId, Seconds, Sessions, UserId};
use crate::options::OptionsError;
use crate::secret::Secret;
use crate::shared::Shared;
use crate::store::{StoreDown, Ticket};
use crate::world::World;
use record::{Names, Seen, Unreadable};

/// How long Redis may take to answer. A step asks twice, and a client waits ten seconds.
const ANSWER: Duration = Duration::from_secs(4);

/// How long a connection may take to come about: on one network it is there at once, or not at all.
const CONNECT: Duration = Duration::from_secs(2);

/// How often a step is tried. Each failure is another process's success, and one generation of a family
/// changes little more than a hundred times, with its replays.
const TRIES: usize = 250;

/// How long a family is kept beyond its expiry: whoever comes a little late is told that it expired.
const KEPT: Seconds = 24 * 60 * 60;

/// The longest anything is kept: a hundred years, far inside Redis's range.
const LONGEST: Seconds = 100 * 366 * 24 * 60 * 60;

/// How many names a listing asks for at a time: few enough that nobody else waits for it.
const LISTED: usize = 1_000;

const COMMIT: &str = include_str!("commit.lua");

/// How many queues there are: so many that different users rarely meet in one.
const QUEUES: usize = 64;

/// The connection and the queues, shared by all tenants.
#[derive(Clone)]
pub(crate) struct Link {
    connection: ConnectionManager,
    queues: Arc<[Mutex<()>; QUEUES]>,
    hasher: RandomState,
    /// How many commands failed so far.
    failures: Arc<AtomicU64>,
}

/// A connection that is made when it is first needed.
pub(crate) fn link(url: &Secret) -> Result<Link, OptionsError> {
    let url = url.expose();
    if url.starts_with("rediss://") {
        return Err(OptionsError::RedisTls);
    }
    if !url.starts_with("redis://") {
        return Err(OptionsError::RedisUrl);
    }
    let config = ConnectionManagerConfig::new()
        // Whoever asks tries again; between the tries of the manager requests would only wait.
        .set_number_of_retries(0)
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER));
    // What these say may show the URL, and so its password.
    let client = Client::open(url).map_err(|_| OptionsError::RedisUrl)?;
    let connection = ConnectionManager::new_lazy_with_config(client, config);
    Ok(Link {
        connection: connection.map_err(|_| OptionsError::RedisUrl)?,
        queues: Arc::new([const { Mutex::const_new(()) }; QUEUES]),
        hasher: RandomState::new(),
        failures: Arc::default(),
    })
}

impl Link {
    /// Waits for its turn among those who change what has this name. It lasts until it is dropped. When
    /// Redis fails somebody meanwhile, it fails all who wait: behind one that hangs they would wait one
    /// after the other.
    async fn queue(&self, name: &str) -> Result<MutexGuard<'_, ()>, StoreDown> {
        let place = self.hasher.hash_one(name) as usize % QUEUES;
        #[expect(
            clippy::indexing_slicing,
            reason = "a remainder is less than its divisor"
        )]
        let queue = &self.queues[place];
        let failures = self.failures.load(Ordering::SeqCst);
        let turn = queue.lock().await;
        if self.failures.load(Ordering::SeqCst) == failures {
            Ok(turn)
        } else {
            Err(StoreDown)
        }
    }
}

/// The sessions and tickets of one tenant.
pub(crate) struct Redis {
    link: Link,
    names: Names,
    clock: Arc<Clock>,
    world: Arc<dyn World>,
    /// No family lives longer.
    absolute_ttl: Seconds,
}

impl Redis {
    pub(crate) fn new(link: Link, shared: &Shared, prefix: &str, clock: Arc<Clock>) -> Self {
        Self {
            link,
            names: Names::of_tenant(prefix),
            clock,
            world: shared.world.clone(),
            absolute_ttl: shared.absolute_ttl,
        }
    }

    /// See [`Store::step`](super::Store::step).
    pub(crate) async fn step<T>(
        &self,
        user: &UserId,
        family: &FamilyId,
        decide: impl FnMut(&mut Sessions) -> T,
    ) -> Result<T, StoreDown> {
        let decision = self.decide(None, user, family, decide).await?;
        // Without a ticket there is none that could be spent.
        decision.ok_or(StoreDown)
    }

    /// See [`Store::spend`](super::Store::spend). A decision that fails changes nothing, so nothing is
    /// committed and the ticket stays.
    pub(crate) async fn spend<T, E>(
        &self,
        ticket: &str,
        user: &UserId,
        family: &FamilyId,
        decide: impl FnMut(&mut Sessions) -> Result<T, E>,
    ) -> Result<Option<Result<T, E>>, StoreDown> {
        self.decide(Some(ticket), user, family, decide).await
    }

    async fn decide<T>(
        &self,
        ticket: Option<&str>,
        user: &UserId,
        family: &FamilyId,
        mut decide: impl FnMut(&mut Sessions) -> T,
    ) -> Result<Option<T>, StoreDown> {
        let names = [self.names.family(user, family), self.names.epoch(user)];
        let ticket = ticket.map(|ticket| self.names.ticket(ticket));
        let _turn = self.link.queue(&names[1]).await?;
        for _ in 0..TRIES {
            let before = self.read(&names).await?;
            let mut sessions = before.sessions();
            let decision = decide(&mut sessions);
            let after = before
                .after(&sessions, family, &self.nonce())
                .map_err(unreadable)?;
            let Some(after) = after else {
                return Ok(Some(decision));
            };
            match self
                .commit(&names, ticket.as_ref(), &before, &after)
                .await?
            {
                Commit::Done => return Ok(Some(decision)),
                Commit::Spent => return Ok(None),
                Commit::Between => {}
            }
        }
        tracing::warn!("too many changed one session at once");
        Err(StoreDown)
    }

    /// The families of this user, or of all.
    pub(crate) async fn families(
        &self,
        user: Option<&UserId>,
    ) -> Result<Vec<(UserId, FamilyId)>, StoreDown> {
        let names = self.list(&self.names.families(user)).await?;
        let read = names.iter().filter_map(|name| self.names.read_family(name));
        Ok(read.collect())
    }

    pub(crate) async fn issue(
        &self,
        name: &str,
        (now, expires_at): (Seconds, Seconds),
        ticket: Ticket,
    ) -> Result<(), StoreDown> {
        let text = record::write(&(expires_at, ticket)).map_err(unreadable)?;
        let left = expires_at.saturating_sub(now);
        let mut set = redis::cmd("SET");
        set.arg(self.names.ticket(name)).arg(text);
        set.arg("PX").arg(milliseconds(left.max(1)));
        self.ask::<()>(&set).await.map(drop)
    }

    /// See [`Store::look`](super::Store::look).
    pub(crate) async fn look(&self, name: &str, now: Seconds) -> Result<Option<Ticket>, StoreDown> {
        let mut get = redis::cmd("GET");
        get.arg(self.names.ticket(name));
        let Some(text) = self.ask::<Option<String>>(&get).await?.value else {
            return Ok(None);
        };
        let (expires_at, ticket): (Seconds, Ticket) = record::parse(&text).map_err(unreadable)?;
        Ok((now < expires_at).then_some(ticket))
    }

    pub(crate) async fn clear(&self) -> Result<(), StoreDown> {
        for names in self.list(&self.names.all()).await?.chunks(LISTED) {
            let mut unlink = redis::cmd("UNLINK");
            self.ask::<()>(unlink.arg(names)).await?;
        }
        Ok(())
    }

    async fn read(&self, names: &[String; 2]) -> Result<Seen, StoreDown> {
        let mut get = redis::cmd("MGET");
        let (family, epoch) = self.ask(get.arg(names)).await?.value;
        Seen::read(family, epoch).map_err(unreadable)
    }

    async fn commit(
        &self,
        names: &[String; 2],
        ticket: Option<&String>,
        before: &Seen,
        after: &Seen,
    ) -> Result<Commit, StoreDown> {
        let expires_at = after.family().map_or(0, |family| family.expires_at());
        let left = expires_at.saturating_sub(self.clock.seconds());
        let mut eval = redis::cmd("EVAL");
        eval.arg(COMMIT)
            .arg(names.len() + usize::from(ticket.is_some()));
        eval.arg(names).arg(ticket);
        eval.arg(&before.family.text).arg(&before.epoch.text);
        eval.arg(&after.family.text).arg(&after.epoch.text);
        eval.arg(milliseconds(left.saturating_add(KEPT)));
        eval.arg(milliseconds(self.absolute_ttl.saturating_add(KEPT)));
        let answer = self.ask::<Option<bool>>(&eval).await?;
        match answer.value {
            Some(true) => Ok(Commit::Done),
            // The first copy may have been done, and somebody have gone on from there: to decide again
            // would hold our own commit against the client.
            Some(false) | None if answer.repeated => Err(StoreDown),
            Some(false) => Ok(Commit::Between),
            None => Ok(Commit::Spent),
        }
    }

    async fn list(&self, pattern: &str) -> Result<Vec<String>, StoreDown> {
        let mut names = Vec::new();
        let mut cursor: u64 = 0;
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(pattern);
            scan.arg("COUNT").arg(LISTED);
            let found: Vec<String>;
            (cursor, found) = self.ask(&scan).await?.value;
            names.extend(found);
            if cursor == 0 {
                break;
            }
        }
        // A listing may name one twice.
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<Answer<T>, StoreDown> {
        let mut connection = self.link.connection.clone();
        let (answer, repeated) = match command.query_async(&mut connection).await {
            Err(error) if is_broken(&error) => (command.query_async(&mut connection).await, true),
            answer => (answer, false),
        };
        match answer {
            Ok(value) => Ok(Answer { value, repeated }),
            Err(error) => {
                self.link.failures.fetch_add(1, Ordering::SeqCst);
                // Not its text, which may quote a record.
                if is_of_a_cluster(&error) {
                    tracing::warn!(
                        "this Redis is part of a cluster, which cannot be used; give --store one that stands alone"
                    );
                } else {
                    tracing::warn!(kind = ?error.kind(), code = error.code(), "Redis did not answer as it should");
                }
                Err(StoreDown)
            }
        }
    }

    fn nonce(&self) -> String {
        let mut bytes = [0; 16];
        self.world.fill(&mut bytes);
        format!("{:032x}", u128::from_le_bytes(bytes))
    }
}

/// What became of a commit.
enum Commit {
    /// It is as it is to be.
    Done,
    /// Somebody came between.
    Between,
    /// Somebody has spent the ticket.
    Spent,
}

struct Answer<T> {
    value: T,
    /// The connection had broken before, and with it whatever became of the first copy.
    repeated: bool,
}

/// The connection is gone, or was when it was last looked at. What merely takes too long is not asked
/// again: it would take as long.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() && !error.is_timeout()
}

fn is_of_a_cluster(error: &RedisError) -> bool {
    matches!(
        error.code(),
        Some("MOVED" | "ASK" | "CROSSSLOT" | "CLUSTERDOWN")
    )
}

fn milliseconds(seconds: Seconds) -> u64 {
    seconds.min(LONGEST).saturating_mul(1_000)
}

fn unreadable(_: Unreadable) -> StoreDown {
    tracing::warn!("a record in Redis was written by another version; see /__mock/reset");
    StoreDown
}
