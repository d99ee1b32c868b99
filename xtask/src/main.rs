//! The tool chain in one word: `cargo xtask build`, and so on.
//!
//! One file an idea. `main` reads the words; `build` (the engine, then the package), `test`, `demo`, `example`, `size`, `bench` and
//! `sim` are the commands; below them `tools` fetches what is needed, `stamp` remembers what is done, `run` and `signals` own the
//! processes, `say` owns the terminal. It runs on Linux and macOS: processes are led by groups and signals.

mod bench;
mod browser;
mod debian;
mod demo;
mod engine;
mod example;
mod files;
mod lint;
mod order;
mod package;
mod parts;
mod place;
mod run;
mod say;
mod signals;
mod silence;
mod sim;
mod size;
mod stamp;
mod tally;
mod test;
mod text;
mod tools;
mod words;

use std::process::ExitCode;

use lexopt::{Arg, ValueExt};

use crate::bench::Bench;
use crate::browser::Browser;
use crate::place::Place;
use crate::say::Done;
use crate::sim::Sim;
use crate::test::Part;

const USAGE: &str = "\
Usage: cargo xtask <command>

  build                                   npm/dist, ready for `npm pack`
  demo [--port N] [--no-open]             the demo page and the mock server on one port (4000)
  demo --screenshots                      the README's pictures of it, in screenshots/
  example NAME [--port N] [--no-open]     an example of examples/ and what it needs, on that port (4000)
  test [lint|core|mock|wasm|npm|e2e] [--browser chrome|firefox]
                                          every test, or one part; in both browsers, or in one
  size [--json]                           what the package weighs, against npm/size-budget.json
  size --parts                            what the engine's bytes are for
  bench [core|fetch|server] [--json]      what the session machine costs, and a request in a page; how the mock server
                                          does beside others
  sim [--seeds N] [--from SEED] [--tabs N] [--hours N]
                                          many worlds in which sessions live, or the one that breaks a law
";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Build,
    Demo {
        port: u16,
        open: bool,
        /// Pictures of it instead.
        screenshots: bool,
    },
    Example {
        name: String,
        port: u16,
        open: bool,
    },
    Test {
        only: Option<Part>,
        /// Every browser without one.
        browser: Option<Browser>,
    },
    Size {
        json: bool,
        /// What the engine's bytes are for, instead.
        parts: bool,
    },
    Bench {
        only: Option<Bench>,
        json: bool,
    },
    Sim(Sim),
    Help,
}

fn main() -> ExitCode {
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            say::note(&format!("{error}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match signals::install().and_then(|()| perform(command)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(stop) => {
            say::note(&stop.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Does it; says whether all is well, where that has been told already.
fn perform(command: Command) -> Done<bool> {
    match command {
        Command::Build => package::build(&Place::find()?)?,
        Command::Demo {
            screenshots: true, ..
        } => demo::screenshots(&Place::find()?)?,
        Command::Demo {
            port,
            open,
            screenshots: false,
        } => demo::demo(&Place::find()?, port, open)?,
        Command::Example { name, port, open } => {
            example::example(&Place::find()?, &name, port, open)?;
        }
        Command::Test { only, browser } => return test::test(&Place::find()?, only, browser),
        Command::Size { parts: true, .. } => parts::parts(&Place::find()?)?,
        Command::Size { json, parts: false } => size::size(&Place::find()?, json)?,
        Command::Bench { only, json } => bench::bench(&Place::find()?, only, json)?,
        Command::Sim(sim) => return sim::sim(&Place::find()?, sim),
        Command::Help => say::answer(USAGE.trim_end()),
    }
    Ok(true)
}

fn parse(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut command = match args.next()? {
        Some(Arg::Value(word)) => match word.string()?.as_str() {
            "build" => Command::Build,
            "demo" => Command::Demo {
                port: demo::PORT,
                open: true,
                screenshots: false,
            },
            "example" => Command::Example {
                name: args
                    .value()
                    .map_err(|_| "Which example? Their folders are in examples/.")?
                    .string()?,
                port: demo::PORT,
                open: true,
            },
            "test" => Command::Test {
                only: None,
                browser: None,
            },
            "size" => Command::Size {
                json: false,
                parts: false,
            },
            "bench" => Command::Bench {
                only: None,
                json: false,
            },
            "sim" => Command::Sim(Sim::default()),
            "help" => return Ok(Command::Help),
            other => return Err(format!("There is no command `{other}`.").into()),
        },
        Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
        Some(arg @ (Arg::Short(_) | Arg::Long(_))) => return Err(arg.unexpected()),
        None => return Err("Which command?".into()),
    };
    while let Some(arg) = args.next()? {
        match (&mut command, arg) {
            (_, Arg::Short('h') | Arg::Long("help")) => return Ok(Command::Help),
            (Command::Demo { port, .. } | Command::Example { port, .. }, Arg::Long("port")) => {
                *port = args.value()?.parse()?
            }
            (Command::Demo { open, .. } | Command::Example { open, .. }, Arg::Long("no-open")) => {
                *open = false
            }
            (Command::Demo { screenshots, .. }, Arg::Long("screenshots")) => *screenshots = true,
            (Command::Size { json, .. } | Command::Bench { json, .. }, Arg::Long("json")) => {
                *json = true;
            }
            (Command::Size { parts, .. }, Arg::Long("parts")) => *parts = true,
            (Command::Test { browser, .. }, Arg::Long("browser")) => {
                *browser = Some(args.value()?.parse_with(|name| {
                    Browser::ALL
                        .into_iter()
                        .find(|browser| browser.name() == name)
                        .ok_or("it is chrome or firefox")
                })?);
            }
            (
                Command::Test {
                    only: only @ None, ..
                },
                Arg::Value(word),
            ) => {
                *only = Some(word.parse_with(|name| {
                    Part::ALL
                        .into_iter()
                        .find(|part| part.name() == name)
                        .ok_or("there is no such part")
                })?);
            }
            (
                Command::Bench {
                    only: only @ None, ..
                },
                Arg::Value(word),
            ) => {
                *only = Some(word.parse_with(|name| {
                    Bench::ALL
                        .into_iter()
                        .find(|bench| bench.name() == name)
                        .ok_or("there is no such benchmark")
                })?);
            }
            (Command::Sim(sim), arg @ Arg::Long(name)) => {
                let wish = sim.wish(name).ok_or_else(|| arg.unexpected())?;
                *wish = Some(args.value()?.parse()?);
            }
            (_, arg) => return Err(arg.unexpected()),
        }
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Command, String> {
        parse(lexopt::Parser::from_args(words.split_whitespace()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_demo_is_on_port_4000_and_opens_a_browser_unless_told_otherwise() {
        assert_eq!(
            parsed("demo"),
            Ok(Command::Demo {
                port: 4000,
                open: true,
                screenshots: false
            })
        );
        assert_eq!(
            parsed("demo --no-open --port=5000"),
            Ok(Command::Demo {
                port: 5000,
                open: false,
                screenshots: false
            })
        );
    }

    #[test]
    fn pictures_of_the_demo_are_taken_where_they_are_asked_for() {
        let asked = parsed("demo --screenshots");
        assert!(matches!(
            asked,
            Ok(Command::Demo {
                screenshots: true,
                ..
            })
        ));
        assert!(parsed("build --screenshots").is_err());
    }

    #[test]
    fn an_example_is_named_and_is_served_as_the_demo_is() {
        let react = |port, open| {
            let name = "react".to_owned();
            Ok(Command::Example { name, port, open })
        };
        assert_eq!(parsed("example react"), react(4000, true));
        assert_eq!(
            parsed("example react --port 5000 --no-open"),
            react(5000, false)
        );
        assert!(parsed("example").is_err());
        assert!(parsed("example react axios").is_err());
    }

    #[test]
    fn a_part_and_a_browser_are_named_in_either_order() {
        let e2e = Command::Test {
            only: Some(Part::E2e),
            browser: Some(Browser::Firefox),
        };
        assert_eq!(parsed("test e2e --browser firefox").as_ref(), Ok(&e2e));
        assert_eq!(parsed("test --browser firefox e2e").as_ref(), Ok(&e2e));
        assert_eq!(
            parsed("test"),
            Ok(Command::Test {
                only: None,
                browser: None
            })
        );
    }

    #[test]
    fn what_is_measured_is_named_or_is_everything() {
        let everything = Command::Bench {
            only: None,
            json: false,
        };
        assert_eq!(parsed("bench"), Ok(everything));
        let core = Command::Bench {
            only: Some(Bench::Core),
            json: true,
        };
        assert_eq!(parsed("bench core --json"), Ok(core));
        for (words, bench) in [
            ("bench server", Bench::Server),
            ("bench fetch", Bench::Fetch),
        ] {
            let one = Command::Bench {
                only: Some(bench),
                json: false,
            };
            assert_eq!(parsed(words), Ok(one));
        }
    }

    #[test]
    fn what_the_engines_bytes_are_for_is_told_where_it_is_asked_for() {
        let size = |parts| {
            let json = false;
            Ok(Command::Size { json, parts })
        };
        assert_eq!(parsed("size"), size(false));
        assert_eq!(parsed("size --parts"), size(true));
        assert!(parsed("bench --parts").is_err());
    }

    #[test]
    fn worlds_are_as_many_and_as_long_as_they_are_asked_for() {
        let sim = Sim {
            seeds: Some(1_000_000),
            hours: Some(8),
            ..Sim::default()
        };
        assert_eq!(
            parsed("sim --seeds 1000000 --hours 8"),
            Ok(Command::Sim(sim))
        );
        assert_eq!(parsed("sim"), Ok(Command::Sim(Sim::default())));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for words in [
            "",
            "biuld",
            "build now",
            "build --json",
            "demo --port",
            "demo --port 65536",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
        for words in [
            "test everything",
            "test core mock",
            "test --browser lynx",
            "size core",
            "bench everything",
            "bench core core",
            "sim 5",
            "sim --seeds",
            "sim --seeds many",
            "sim --json",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
    }

    #[test]
    fn help_is_always_understood() {
        for words in ["help", "--help", "-h", "demo --help", "test core -h"] {
            assert_eq!(parsed(words), Ok(Command::Help), "{words}");
        }
    }
}
