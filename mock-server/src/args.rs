//! The command line and the environment. Flags beat `EVERTOKEN_MOCK_…`, which beats the names backends
//! use for the same things (`JWT_ACCESS_SECRET` and its like).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Parser, ValueEnum};

use crate::domain::ReuseRevokes;
use crate::duration;
use crate::options::{Options, SameSite};
use crate::rate::RateLimit;
use crate::secret::Secret;
use crate::signing::Alg;

/// What the command line asks for.
#[derive(Debug)]
pub struct Settings {
    /// The server.
    pub options: Options,
    /// How it logs.
    pub log: LogFormat,
}

/// How lines on stderr look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why there are no settings.
#[derive(Debug)]
pub enum Stop {
    /// Somebody asked for this text.
    Told(String),
    /// This is wrong: one sentence that says what to change.
    Wrong(String),
}

/// A small auth server that rotates refresh tokens strictly and misbehaves on command.
///
/// It answers as a strict backend does and keeps everything in memory. Accounts to sign in with:
/// user@example.com and admin@example.com, both with "password". Durations: 500ms, 30s, 15m, 12h, 7d;
/// a bare number is seconds. Secrets come from JWT_ACCESS_SECRET and JWT_REFRESH_SECRET (32 bytes or
/// more), else they are random.
#[derive(Parser)]
#[command(name = "evertoken-mock", version)]
struct Args {
    /// Address to listen on
    #[arg(long, env = "EVERTOKEN_MOCK_HOST", default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 takes a free one
    #[arg(long, env = "EVERTOKEN_MOCK_PORT", default_value_t = 4000)]
    port: u16,
    /// Lifetime of an access token [default: 15m, or JWT_ACCESS_EXPIRES]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_ACCESS_TTL", value_parser = duration::parse)]
    access_ttl: Option<Duration>,
    /// Lifetime of a refresh token [default: 7d, or JWT_REFRESH_EXPIRES]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_REFRESH_TTL", value_parser = duration::parse)]
    refresh_ttl: Option<Duration>,
    /// Lifetime of a session, however often it is renewed
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_ABSOLUTE_TTL", value_parser = duration::parse, default_value = "30d")]
    absolute_ttl: Duration,
    /// How long a token that was just spent is forgiven without proof
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_GRACE", value_parser = duration::parse, default_value = "0s")]
    grace: Duration,
    /// What a reused token ends
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_REUSE_REVOKES",
        value_enum,
        default_value = "user"
    )]
    reuse_revokes: Revokes,
    /// Logins, and refreshes, that one address may ask for: 10/s, 600/min, 5000/h or off
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_REFRESH_RATE", value_parser = RateLimit::parse, default_value = "600/min")]
    refresh_rate: RateLimit,
    /// Algorithm of access tokens; ES256 publishes its key at /.well-known/jwks.json
    #[arg(long, env = "EVERTOKEN_MOCK_ALG", value_enum, default_value = "HS256")]
    alg: Alg,
    /// PEM file with a private key on P-256, for --alg ES256 [default: a random key]
    #[arg(long, value_name = "FILE", env = "EVERTOKEN_MOCK_ES256_KEY")]
    es256_key: Option<PathBuf>,
    /// Where sessions are kept: in memory, and gone at exit
    #[arg(long, value_name = "STORE", env = "EVERTOKEN_MOCK_STORE", value_parser = store, default_value = "memory")]
    store: Store,
    /// Origins whose pages may call, instead of every loopback origin
    #[arg(long, value_name = "ORIGIN", env = "EVERTOKEN_MOCK_ALLOW_ORIGIN", num_args = 1.., value_delimiter = ',')]
    allow_origin: Vec<String>,
    /// The iss of access tokens, instead of the server's URL
    #[arg(long, value_name = "URL", env = "EVERTOKEN_MOCK_ISSUER")]
    issuer: Option<String>,
    /// Mark cookies Secure
    #[arg(long, env = "EVERTOKEN_MOCK_COOKIE_SECURE", value_parser = BoolishValueParser::new())]
    cookie_secure: bool,
    /// SameSite of cookies; none implies Secure
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_COOKIE_SAMESITE",
        value_enum,
        default_value = "strict"
    )]
    cookie_samesite: SameSite,
    /// Serve this folder at /
    #[arg(long = "static", value_name = "DIR", env = "EVERTOKEN_MOCK_STATIC")]
    static_dir: Option<PathBuf>,
    /// Turn off /__mock/
    #[arg(long, env = "EVERTOKEN_MOCK_NO_CONTROL", value_parser = BoolishValueParser::new())]
    no_control: bool,
    /// Let /__mock/ answer on an address other machines can reach
    #[arg(long, env = "EVERTOKEN_MOCK_CONTROL_ANYWHERE", value_parser = BoolishValueParser::new())]
    control_anywhere: bool,
    /// How lines on stderr look
    #[arg(long, env = "EVERTOKEN_MOCK_LOG", value_enum, default_value = "text")]
    log: LogFormat,
}

/// There is one kind of store so far.
#[derive(Clone, Copy)]
enum Store {
    Memory,
}

#[derive(Clone, Copy, ValueEnum)]
enum Revokes {
    User,
    Family,
}

/// Reads both.
///
/// # Errors
/// What to print instead of starting.
pub fn read(
    args: impl IntoIterator<Item = OsString>,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Stop> {
    let args = Args::try_parse_from(args).map_err(|error| {
        let text = error.to_string();
        if error.use_stderr() {
            Stop::Wrong(sentence(&text))
        } else {
            Stop::Told(text)
        }
    })?;
    let defaults = Options::default();
    let lifetime = |given: Option<Duration>, name: &str, default| match (given, env(name)) {
        (Some(given), _) => Ok(given),
        (None, Some(text)) => {
            duration::parse(&text).map_err(|wrong| Stop::Wrong(format!("{name}: {wrong}")))
        }
        (None, None) => Ok(default),
    };
    let es256_key = args.es256_key.as_deref().map(key).transpose()?;
    let Store::Memory = args.store;
    Ok(Settings {
        log: args.log,
        options: Options {
            host: args.host,
            port: args.port,
            access_ttl: lifetime(args.access_ttl, "JWT_ACCESS_EXPIRES", defaults.access_ttl)?,
            refresh_ttl: lifetime(
                args.refresh_ttl,
                "JWT_REFRESH_EXPIRES",
                defaults.refresh_ttl,
            )?,
            absolute_ttl: args.absolute_ttl,
            grace: args.grace,
            reuse_revokes: match args.reuse_revokes {
                Revokes::User => ReuseRevokes::User,
                Revokes::Family => ReuseRevokes::Family,
            },
            refresh_rate: args.refresh_rate,
            alg: args.alg,
            es256_key,
            allow_origins: args.allow_origin,
            issuer: args.issuer,
            cookie_secure: args.cookie_secure,
            cookie_same_site: args.cookie_samesite,
            static_dir: args.static_dir,
            control: !args.no_control,
            control_anywhere: args.control_anywhere,
            access_secret: env("JWT_ACCESS_SECRET").map(Secret::new),
            refresh_secret: env("JWT_REFRESH_SECRET").map(Secret::new),
        },
    })
}

fn store(text: &str) -> Result<Store, String> {
    if text == "memory" {
        Ok(Store::Memory)
    } else if text.starts_with("redis://") || text.starts_with("rediss://") {
        Err("sessions cannot be kept in Redis yet; use --store memory".to_owned())
    } else {
        Err("the only store so far is memory; use --store memory".to_owned())
    }
}

fn key(path: &Path) -> Result<Secret, Stop> {
    std::fs::read_to_string(path)
        .map(Secret::new)
        .map_err(|error| {
            Stop::Wrong(format!(
                "--es256-key: \"{}\" cannot be read ({error}); give a PEM file",
                path.display()
            ))
        })
}

/// What clap says in several paragraphs, in one line.
fn sentence(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let first = lines.join(" ");
    format!(
        "{}; evertoken-mock --help lists every flag",
        first.trim_start_matches("error: ")
    )
}
