//! What the session machine costs.
//!
//! Time is criterion's to measure, and allocations are counted by a program of their own, because counting takes time.
//! Both run as `cargo bench` builds them; this command reads what they leave behind and puts it into one table.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Done, Stop};
use crate::tools;

/// What one benchmark costs, each time.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Cost {
    name: String,
    nanoseconds: f64,
    allocations: u64,
    bytes: u64,
}

/// The part that counts of what criterion writes.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// The table's lines.
pub(super) fn table(costs: &[Cost]) -> Vec<String> {
    let mut lines = vec![row(["core", "ns", "allocations", "bytes"])];
    lines.extend(costs.iter().map(|cost| {
        let nanoseconds = format!("{:.1}", cost.nanoseconds);
        let [allocations, bytes] = [cost.allocations, cost.bytes].map(|n| n.to_string());
        row([&cost.name, &nanoseconds, &allocations, &bytes])
    }));
    lines
}

fn row([name, time, allocations, bytes]: [&str; 4]) -> String {
    format!("{name:<12}{time:>12}{allocations:>14}{bytes:>10}")
}

/// Measures.
pub(super) fn measure(place: &Place) -> Done<Vec<Cost>> {
    tools::crates(place)?;
    say::step("cargo bench: allocations");
    let counted = cargo_bench(place, "allocations")
        .quiet()?
        .or_stop("The allocations were not counted: what went wrong is above.")?;
    say::step("cargo bench: time");
    let measured = place.kept().join("bench");
    cargo_bench(place, "time")
        .args(["--noplot", "--warm-up-time=1", "--measurement-time=3"])
        .env("CRITERION_HOME", &measured)
        .quiet()?
        .or_stop("The time was not measured: what went wrong is above.")?;
    counted.lines().map(|line| cost(&measured, line)).collect()
}

fn cargo_bench(place: &Place, name: &str) -> Run {
    run::cargo()
        .args(["bench", "--package", "evertoken-core", "--locked"])
        .args(["--bench", name, "--"])
        .dir(place.root())
}

/// Puts a line of `allocations` and what criterion wrote about the same benchmark together.
fn cost(measured: &Path, line: &str) -> Done<Cost> {
    let strange = || Stop::new(format!("`{line}` is no count of allocations."));
    let mut words = line.split_whitespace();
    let mut word = || words.next().ok_or_else(strange);
    let name = word()?.to_owned();
    let mut count = || word()?.parse().map_err(|_| strange());
    let (allocations, bytes) = (count()?, count()?);

    let file = measured.join(&name).join("new/estimates.json");
    let estimates: Estimates = serde_json::from_slice(&files::read(&file)?)
        .map_err(|error| Stop::new(format!("{} is no estimate: {error}.", file.display())))?;
    Ok(Cost {
        name,
        nanoseconds: estimates.median.point_estimate,
        allocations,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_and_an_estimate_of_one_name_become_one_cost()
    -> Result<(), Box<dyn std::error::Error>> {
        let dir = std::env::temp_dir().join(format!("evertoken-{}-bench", std::process::id()));
        let estimates = br#"{"mean":{"point_estimate":9.0},"median":{"point_estimate":7.5}}"#;
        files::write(&dir.join("authorize/new/estimates.json"), estimates)
            .map_err(|stop| stop.to_string())?;
        let found = cost(&dir, "authorize 2 48").map_err(|stop| stop.to_string())?;
        let broken =
            ["authorize 2", "authorize two 48", "other 0 0"].map(|line| cost(&dir, line).is_err());
        std::fs::remove_dir_all(&dir)?;
        assert_eq!(
            found,
            Cost {
                name: "authorize".to_owned(),
                nanoseconds: 7.5,
                allocations: 2,
                bytes: 48
            }
        );
        assert_eq!(broken, [true; 3]);
        Ok(())
    }
}
