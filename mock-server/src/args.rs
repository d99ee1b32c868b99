//! The command line and the environment. Flags beat `EVERTOKEN_MOCK_…`, which beats the names backends
//! use for the same things (`JWT_ACCESS_SECRET` and its like).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, ValueEnum};

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
        default_value = "127.0.0.1",
        help_heading = "Where"
    )]
    host: String,
    /// Port to listen on; 0 takes a free one
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_PORT",
        default_value_t = 4000,
        help_heading = "Where"
    )]
    port: u16,
    /// Serve this folder at /, and nothing a link leads to outside of it
    #[arg(
        long = "static",
        value_name = "DIR",
        env = "EVERTOKEN_MOCK_STATIC",
        help_heading = "Where"
    )]
    static_dir: Option<PathBuf>,
    /// Where sessions are kept: memory, which forgets them at exit, or redis://host:port
    #[arg(
        long,
        value_name = "STORE",
        env = "EVERTOKEN_MOCK_STORE",
        default_value = "memory",
        help_heading = "Where"
    )]
    store: String,
    /// How lines on stderr look: text or json
    #[arg(
        long,
        value_name = "FORMAT",
        env = "EVERTOKEN_MOCK_LOG",
        value_enum,
        default_value = "text",
        help_heading = "Where"
    )]
    log: LogFormat,

    /// Lifetime of an access token [default: 15m, or JWT_ACCESS_EXPIRES]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_ACCESS_TTL", value_parser = duration::parse, help_heading = "Tokens")]
    access_ttl: Option<Duration>,
    /// Lifetime of a refresh token [default: 7d, or JWT_REFRESH_EXPIRES]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_REFRESH_TTL", value_parser = duration::parse, help_heading = "Tokens")]
    refresh_ttl: Option<Duration>,
    /// Lifetime of a session, however often it is renewed
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_ABSOLUTE_TTL", value_parser = duration::parse, default_value = "30d", help_heading = "Tokens")]
    absolute_ttl: Duration,
    /// How long a token that was just spent is forgiven without proof
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_GRACE", value_parser = duration::parse, default_value = "0s", help_heading = "Tokens")]
    grace: Duration,
    /// What a reused token ends: all of the user, or its family
    #[arg(
        long,
        value_name = "user|family",
        env = "EVERTOKEN_MOCK_REUSE_REVOKES",
        value_enum,
        default_value = "user",
        help_heading = "Tokens"
    )]
    reuse_revokes: Revokes,
    /// Algorithm of access tokens: HS256, or ES256 and /.well-known/jwks.json
    #[arg(
        long,
        env = "EVERTOKEN_MOCK_ALG",
        value_enum,
        default_value = "HS256",
        help_heading = "Tokens"
    )]
    alg: Alg,
    /// PEM file with a private key on P-256, for ES256 [default: a random key]
    #[arg(
        long,
        value_name = "FILE",
        env = "EVERTOKEN_MOCK_ES256_KEY",
        help_heading = "Tokens"
    )]
    es256_key: Option<PathBuf>,
    /// The iss of access tokens [default: the server's URL]
    #[arg(
        long,
        value_name = "URL",
        env = "EVERTOKEN_MOCK_ISSUER",
        help_heading = "Tokens"
    )]
    issuer: Option<String>,

    /// Logins, and refreshes, of one address: 10/s, 600/min, 5000/h or off
    #[arg(long, value_name = "RATE", allow_hyphen_values = true, env = "EVERTOKEN_MOCK_REFRESH_RATE", value_parser = RateLimit::parse, default_value = "600/min", help_heading = "Who may")]
    refresh_rate: RateLimit,
    /// Origins whose pages may call [default: every loopback origin]
    #[arg(long, value_name = "ORIGIN", env = "EVERTOKEN_MOCK_ALLOW_ORIGIN", num_args = 1.., value_delimiter = ',', help_heading = "Who may")]
    allow_origin: Vec<String>,
    /// Mark cookies Secure
    #[arg(long, env = "EVERTOKEN_MOCK_COOKIE_SECURE", value_parser = BoolishValueParser::new(), help_heading = "Who may")]
    cookie_secure: bool,
    /// SameSite of cookies: strict, lax, or none, which implies Secure
    #[arg(
        long,
        value_name = "SITE",
        env = "EVERTOKEN_MOCK_COOKIE_SAMESITE",
        value_enum,
        default_value = "strict",
        help_heading = "Who may"
    )]
    cookie_samesite: SameSite,
    /// Turn off /__mock/ and whatever else signs in without a password
    #[arg(long, env = "EVERTOKEN_MOCK_NO_CONTROL", value_parser = BoolishValueParser::new(), help_heading = "Who may")]
    no_control: bool,
    /// Let /__mock/ answer on an address other machines can reach
    #[arg(long, env = "EVERTOKEN_MOCK_CONTROL_ANYWHERE", value_parser = BoolishValueParser::new(), help_heading = "Who may")]
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
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<Settings, Stop> {
    // One that is no text is not as good as none: in the place of a secret there would be a random one.
    let env = |name: &str| {
        let text = env(name).map(OsString::into_string).transpose();
        text.map_err(|_| Stop::Wrong(format!("{name} is not UTF-8; give it a text, or unset it")))
    };
    // What can be said of all flags is said once, below them.
    let command = Args::command().mut_args(|arg| {
        let has_value = arg.get_action().takes_values();
        arg.hide_env(true).hide_possible_values(has_value)
    });
    let args = command
        .try_get_matches_from(args)
        .and_then(|matches| Args::from_arg_matches(&matches))
        .map_err(|error| {
            let text = error.to_string();
            if error.use_stderr() {
                Stop::Wrong(sentence(&text))
            } else {
                Stop::Told(text)
            }
        })?;
    let defaults = Options::default();
    let lifetime = |given: Option<Duration>, name: &str, default| match (given, env(name)?) {
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
            allow_origins: origins(args.allow_origin),
            issuer: args.issuer,
            cookie_secure: args.cookie_secure,
            cookie_same_site: args.cookie_samesite,
            static_dir: args.static_dir,
            control: !args.no_control,
            control_anywhere: args.control_anywhere,
            access_secret: env("JWT_ACCESS_SECRET")?.map(Secret::new),
            refresh_secret: env("JWT_REFRESH_SECRET")?.map(Secret::new),
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

/// In the environment they may stand as they do behind the flag, with spaces between them. Nothing at all is
/// no origin, and not the list that there is without one.
fn origins(given: Vec<String>) -> Vec<String> {
    let mut origins = Vec::with_capacity(given.len());
    for text in given {
        if text.trim().is_empty() {
            origins.push(text);
        } else {
            origins.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    origins
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
