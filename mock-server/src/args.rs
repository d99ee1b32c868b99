//! The command line and the environment. Flags beat `EVERTOKEN_MOCK_…`, which beats the names backends
//! use for the same things (`JWT_ACCESS_SECRET` and its like).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Parser, ValueEnum};

use crate::domain::ReuseRevokes;
use crate::duration;
use crate::options::{Options, SameSite, StoreAt};
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

/// An auth server for tests: as strict as production, obedient as a test double.
#[derive(Parser)]
#[command(
    name = "evertoken-mock",
    version,
    after_help = MORE,
    disable_help_flag = true,
    override_usage = "evertoken-mock [OPTIONS]"
)]
struct Args {
    /// Address to listen on
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_HOST",
        hide_env = true,
        default_value = "127.0.0.1",
        help_heading = "Where"
    )]
    host: String,
    /// Port to listen on; 0 takes a free one
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_PORT",
        hide_env = true,
        default_value_t = 4000,
        help_heading = "Where"
    )]
    port: u16,
    /// Serve this folder at /
    #[arg(
        long = "static",
        value_name = "DIR",
        env = "EVERTOKEN_MOCK_STATIC",
        hide_env = true,
        help_heading = "Where"
    )]
    static_dir: Option<PathBuf>,
    /// Where sessions are kept: memory, which forgets them at exit, or redis://host:port
    #[arg(
        long,
        value_name = "STORE",
        env = "EVERTOKEN_MOCK_STORE",
        hide_env = true,
        default_value = "memory",
        help_heading = "Where"
    )]
    store: String,
    /// How lines on stderr look: text or json
    #[arg(
        long,
        value_name = "FORMAT",
        env = "EVERTOKEN_MOCK_LOG",
        hide_env = true,
        value_enum,
        hide_possible_values = true,
        default_value = "text",
        help_heading = "Where"
    )]
    log: LogFormat,

    /// Lifetime of an access token [default: 15m, or JWT_ACCESS_EXPIRES]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_ACCESS_TTL", hide_env = true, value_parser = duration::parse, help_heading = "Tokens")]
    access_ttl: Option<Duration>,
    /// Lifetime of a refresh token [default: 7d, or JWT_REFRESH_EXPIRES]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_REFRESH_TTL", hide_env = true, value_parser = duration::parse, help_heading = "Tokens")]
    refresh_ttl: Option<Duration>,
    /// Lifetime of a session, however often it is renewed
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_ABSOLUTE_TTL", hide_env = true, value_parser = duration::parse, default_value = "30d", help_heading = "Tokens")]
    absolute_ttl: Duration,
    /// How long a token that was just spent is forgiven without proof
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_GRACE", hide_env = true, value_parser = duration::parse, default_value = "0s", help_heading = "Tokens")]
    grace: Duration,
    /// What a reused token ends: all of the user, or its family
    #[arg(
        long,
        value_name = "user|family",
        env = "EVERTOKEN_MOCK_REUSE_REVOKES",
        hide_env = true,
        value_enum,
        hide_possible_values = true,
        default_value = "user",
        help_heading = "Tokens"
    )]
    reuse_revokes: Revokes,
    /// Algorithm of access tokens: HS256, or ES256 and /.well-known/jwks.json
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_ALG",
        hide_env = true,
        value_enum,
        hide_possible_values = true,
        default_value = "HS256",
        help_heading = "Tokens"
    )]
    alg: Alg,
    /// PEM file with a private key on P-256, for ES256 [default: a random key]
    #[arg(
        long,
        value_name = "FILE",
        env = "EVERTOKEN_MOCK_ES256_KEY",
        hide_env = true,
        help_heading = "Tokens"
    )]
    es256_key: Option<PathBuf>,
    /// The iss of access tokens [default: the server's URL]
    #[arg(
        long,
        value_name = "URL",
        env = "EVERTOKEN_MOCK_ISSUER",
        hide_env = true,
        help_heading = "Tokens"
    )]
    issuer: Option<String>,

    /// Logins, and refreshes, of one address: 10/s, 600/min, 5000/h or off
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_REFRESH_RATE", hide_env = true, value_parser = RateLimit::parse, default_value = "600/min", help_heading = "Who may")]
    refresh_rate: RateLimit,
    /// Origins whose pages may call [default: every loopback origin]
    #[arg(long, value_name = "ORIGIN", env = "EVERTOKEN_MOCK_ALLOW_ORIGIN", hide_env = true, num_args = 1.., value_delimiter = ',', help_heading = "Who may")]
    allow_origin: Vec<String>,
    /// Mark cookies Secure
    #[arg(long, env = "EVERTOKEN_MOCK_COOKIE_SECURE", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Who may")]
    cookie_secure: bool,
    /// SameSite of cookies: strict, lax, or none, which implies Secure
    #[arg(
        long,
        value_name = "SITE",
        env = "EVERTOKEN_MOCK_COOKIE_SAMESITE",
        hide_env = true,
        value_enum,
        hide_possible_values = true,
        default_value = "strict",
        help_heading = "Who may"
    )]
    cookie_samesite: SameSite,
    /// Turn off /__mock/ and whatever else signs in without a password
    #[arg(long, env = "EVERTOKEN_MOCK_NO_CONTROL", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Who may")]
    no_control: bool,
    /// Let /__mock/ answer on an address other machines can reach
    #[arg(long, env = "EVERTOKEN_MOCK_CONTROL_ANYWHERE", hide_env = true, value_parser = BoolishValueParser::new(), help_heading = "Who may")]
    control_anywhere: bool,

    /// Print this
    #[arg(short, long, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

/// What stands below the flags.
const MORE: &str = "\
Accounts:
  user@example.com, admin@example.com and inactive@example.com, all with the password \"password\".

Environment:
  Every flag has a name there: EVERTOKEN_MOCK_GRACE for --grace. Flags win.
  JWT_ACCESS_SECRET and JWT_REFRESH_SECRET, of 32 bytes or more, sign the tokens; without them the
  secrets are random. JWT_ACCESS_EXPIRES and JWT_REFRESH_EXPIRES are lifetimes.
  RUST_LOG says how much is logged: info, a line a request, where it is not set.

Durations:
  500ms, 30s, 15m, 12h, 7d; a bare number is seconds, also in JWT_…_EXPIRES. (The npm package
  jsonwebtoken reads a bare number in such a text as milliseconds.)

Several processes on one Redis:
  --store redis://[:password@]host[:port][/number] lets them answer as one. They need the same two
  secrets, --issuer and, with ES256, --es256-key. EVERTOKEN_MOCK_STORE keeps a password out of the list
  of processes. They share sessions, login codes and logins by redirect; what /__mock/ sets or counts
  otherwise (users, clock, faults, limits, expired access tokens) is each process's own. Redis must not
  lose what it said it wrote: an honest client would be ahead of it, and its session end. So start
  redis-server (6.2 or newer) with: --appendonly yes --appendfsync always --maxmemory-policy noeviction

The first and only line on stdout is {\"event\":\"ready\",\"url\":…}; logs go to stderr. GET / names the
endpoints, and /openapi.json describes them.";

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
    let store = store(args.store)?;
    Ok(Settings {
        log: args.log,
        options: Options {
            host: args.host,
            port: args.port,
            store,
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

/// What was given is not repeated: it may hold a password.
fn store(text: String) -> Result<StoreAt, Stop> {
    if text == "memory" {
        Ok(StoreAt::Memory)
    } else if text.contains("://") {
        Ok(StoreAt::Redis(Secret::new(text)))
    } else {
        Err(Stop::Wrong(
            "--store is neither of the two there are; use --store memory, or --store redis://host:port"
                .to_owned(),
        ))
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
