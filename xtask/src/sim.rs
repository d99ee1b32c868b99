//! Many worlds in which sessions live, played by the simulation as fast as it can be compiled to be.

use crate::place::Place;
use crate::run;
use crate::say::Done;
use crate::tools;

/// What is asked of the simulation; what is not said is for it to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sim {
    /// How many worlds.
    pub(crate) seeds: Option<u64>,
    /// The seed of the first.
    pub(crate) from: Option<u64>,
    /// How many tabs each may have open.
    pub(crate) tabs: Option<u64>,
    /// How many hours each lives.
    pub(crate) hours: Option<u64>,
}

impl Sim {
    /// What goes by this name on the command line.
    pub(crate) fn wish(&mut self, name: &str) -> Option<&mut Option<u64>> {
        match name {
            "seeds" => Some(&mut self.seeds),
            "from" => Some(&mut self.from),
            "tabs" => Some(&mut self.tabs),
            "hours" => Some(&mut self.hours),
            _ => None,
        }
    }

    fn words(self) -> Vec<String> {
        let wishes = [
            ("--seeds", self.seeds),
            ("--from", self.from),
            ("--tabs", self.tabs),
            ("--hours", self.hours),
        ];
        let said = wishes.into_iter().filter_map(|(name, n)| Some((name, n?)));
        said.flat_map(|(name, n)| [name.to_owned(), n.to_string()])
            .collect()
    }
}

/// Plays them; says whether every law was kept.
pub(crate) fn sim(place: &Place, sim: Sim) -> Done<bool> {
    tools::crates(place)?;
    run::cargo()
        .args(["run", "--release", "--package", "evertoken-sim", "--locked"])
        .arg("--")
        .args(sim.words())
        .dir(place.root())
        .loud()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_passed_on() {
        let sim = Sim {
            seeds: Some(5),
            tabs: Some(3),
            ..Sim::default()
        };
        assert_eq!(sim.words(), ["--seeds", "5", "--tabs", "3"]);
        assert!(Sim::default().words().is_empty());
    }
}
