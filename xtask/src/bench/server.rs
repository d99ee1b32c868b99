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
    /// The server's own processor time for each, in microseconds; where the system does not say, nothing.
    cpu_us: Option<f64>,
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
        "cpu us",
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
            figures
                .cpu_us
                .map_or("-".to_owned(), |us| format!("{us:.0}")),
            format!("{:.2}", figures.p50_ms),
            format!("{:.2}", figures.p99_ms),
            format!("{:.1}", figures.start_ms),
            mib(figures.idle_bytes),
            mib(figures.after_bytes),
        ];
        row(&figures.name, &figures.alg, cells)
    }));
    lines.extend(figures.iter().filter_map(|ours| beside(ours, figures)));
    lines
}

/// How much more ours does than `oidc-provider`, which does the same.
fn beside(ours: &Figures, all: &[Figures]) -> Option<String> {
    let does_the_same = |peer: &&Figures| peer.name == "oidc-provider" && peer.alg == ours.alg;
    let peer = all.iter().find(does_the_same)?;
    if ours.name != "evertoken-mock" {
        return None;
    }
    let (alg, times) = (&ours.alg, ours.per_second / peer.per_second);
    let cpu = peer
        .cpu_us
        .zip(ours.cpu_us)
        .map_or(String::new(), |(theirs, ours)| {
            format!(
                ", and {:.1} times as many for the same processor time",
                theirs / ours
            )
        });
    Some(format!(
        "{alg}: {times:.1} times as many as oidc-provider{cpu}"
    ))
}

fn row(name: &str, alg: &str, cells: [String; 7]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>11}")).collect();
    format!("{name:<20}{alg:<6}{cells}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_benchmark_says_becomes_a_table() {
        let said = r#"[{"name":"evertoken-mock","alg":"ES256","per_second":12345.6,"cpu_us":41.7,"p50_ms":0.25,"p99_ms":1.5,
            "start_ms":4.0,"idle_bytes":6291456,"after_bytes":7340032},
            {"name":"oidc-provider","alg":"ES256","per_second":1234.5,"cpu_us":500.4,"p50_ms":2.5,"p99_ms":15.0,
            "start_ms":300.0,"idle_bytes":62914560,"after_bytes":73400320}]"#;
        let figures: Vec<Figures> = serde_json::from_str(said).unwrap();
        let lines = table(&figures);
        assert_eq!(lines.len(), 4);
        assert_eq!(
            lines[3],
            "ES256: 10.0 times as many as oidc-provider, and 12.0 times as many for the same processor time"
        );
        let words: Vec<_> = lines[1].split_whitespace().collect();
        assert_eq!(
            words,
            [
                "evertoken-mock",
                "ES256",
                "12346",
                "42",
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
