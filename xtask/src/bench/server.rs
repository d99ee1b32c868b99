//! How fast the mock server is, how much memory it takes, and how npm's `oidc-provider` and `oauth2-mock-server` do
//! under the same load. The load and all measuring are the crate in `mock-server/bench`.

use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Done, Stop};
use crate::tools;

/// One server, with one algorithm for its access tokens.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    name: String,
    alg: String,
    /// Refreshes a second.
    per_second: f64,
    /// How long a refresh takes: half of them are quicker, ninety-nine of a hundred.
    p50_ms: f64,
    p99_ms: f64,
    /// From being started to being ready.
    start_ms: f64,
    /// What it occupies once it is ready, and after all refreshes.
    idle_bytes: u64,
    after_bytes: u64,
}

/// Measures; this takes some minutes, most of which are the others'.
pub(super) fn measure(place: &Place) -> Done<Vec<Figures>> {
    tools::crates(place)?;
    tools::peers(place)?;
    say::step("Building the mock server as it ships, and its benchmark");
    let building = run::cargo()
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "evertoken-mock",
        ])
        .args(["--package", "evertoken-bench"])
        .dir(place.root());
    if !building.loud()? {
        return Err(Stop::new("They did not build: see above."));
    }
    say::step("Five servers, each renewing 100,000 times (some minutes)");
    let built = place.target().join("release");
    let said = Run::new(built.join("evertoken-bench"))
        .arg(built.join("evertoken-mock"))
        .quiet()?
        .or_stop("The servers were not measured: what went wrong is above.")?;
    serde_json::from_str(&said)
        .map_err(|error| Stop::new(format!("The benchmark spoke strangely: {error}.")))
}

/// The table's lines.
pub(super) fn table(figures: &[Figures]) -> Vec<String> {
    let head = [
        "refresh/s",
        "p50 ms",
        "p99 ms",
        "start ms",
        "idle MiB",
        "after MiB",
    ];
    let mut lines = vec![row("server", "", head.map(str::to_owned))];
    lines.extend(figures.iter().map(|figures| {
        let mib = |bytes: u64| format!("{:.1}", bytes as f64 / 1_048_576.0);
        let cells = [
            format!("{:.0}", figures.per_second),
            format!("{:.2}", figures.p50_ms),
            format!("{:.2}", figures.p99_ms),
            format!("{:.1}", figures.start_ms),
            mib(figures.idle_bytes),
            mib(figures.after_bytes),
        ];
        row(&figures.name, &figures.alg, cells)
    }));
    lines
}

fn row(name: &str, alg: &str, cells: [String; 6]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>11}")).collect();
    format!("{name:<20}{alg:<6}{cells}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_benchmark_says_becomes_a_table() {
        let said = r#"[{"name":"evertoken-mock","alg":"ES256","per_second":12345.6,"p50_ms":0.25,"p99_ms":1.5,
            "start_ms":4.0,"idle_bytes":6291456,"after_bytes":7340032}]"#;
        let figures: Vec<Figures> = serde_json::from_str(said).unwrap();
        let lines = table(&figures);
        assert_eq!(lines.len(), 2);
        let words: Vec<_> = lines[1].split_whitespace().collect();
        assert_eq!(
            words,
            [
                "evertoken-mock",
                "ES256",
                "12346",
                "0.25",
                "1.50",
                "4.0",
                "6.0",
                "7.0"
            ]
        );
        assert_eq!(lines[0].len(), lines[1].len());
    }
}
