//! What things cost, measured here and now.
//!
//! `core` is the session machine, in time and in allocations; `fetch` is a request in a page, beside other clients; `server` is the mock server under load, beside the npm
//! packages people use in its place. All run programs made for it, and put what these say into a table.

mod core;
mod fetch;
mod server;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::place::Place;
use crate::say::{self, Done, Stop};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bench {
    Core,
    Fetch,
    Server,
}

impl Bench {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Core, Self::Fetch, Self::Server];

    /// Its word on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Fetch => "fetch",
            Self::Server => "server",
        }
    }

    fn measure(self, place: &Place) -> Done<Figures> {
        match self {
            Self::Core => core::measure(place).map(Figures::Core),
            Self::Fetch => fetch::measure(place).map(Figures::Fetch),
            Self::Server => server::measure(place).map(Figures::Server),
        }
    }
}

/// What was found.
#[derive(Serialize)]
#[serde(untagged)]
enum Figures {
    Core(Vec<core::Cost>),
    Fetch(Vec<fetch::Figures>),
    Server(Vec<server::Figures>),
}

impl Figures {
    fn table(&self) -> Vec<String> {
        match self {
            Self::Core(costs) => core::table(costs),
            Self::Fetch(figures) => fetch::table(figures),
            Self::Server(figures) => server::table(figures),
        }
    }
}

/// Measures and prints.
pub(crate) fn bench(place: &Place, only: Option<Bench>, json: bool) -> Done {
    let mut report = BTreeMap::new();
    for bench in Bench::ALL {
        if only.is_none_or(|only| only == bench) {
            report.insert(bench.name(), bench.measure(place)?);
        }
    }
    if json {
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| Stop::new(format!("The figures cannot be written: {error}.")))?;
        say::answer(&json);
        return Ok(());
    }
    for figures in report.values() {
        for line in figures.table() {
            say::answer(&line);
        }
    }
    Ok(())
}
