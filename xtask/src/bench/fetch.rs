//! What a request costs in a page: `auth.fetch` with a good token, beside bare `fetch` with a header set by hand and the clients people
//! use instead; with a transport that answers at once, and over the loopback. The page and what runs it in Chromium are
//! `npm/bench`.

use serde::{Deserialize, Serialize};

use crate::browser::Browser;
use crate::files;
use crate::package;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Done, Stop};

/// One client; the first is bare `fetch`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    name: String,
    /// How long a call takes where nothing disturbs it, in microseconds.
    stub_us: f64,
    loopback_us: f64,
}

/// Measures; this takes about half a minute.
pub(super) fn measure(place: &Place) -> Done<Vec<Figures>> {
    let driver = Browser::Chrome.ready(place)?;
    package::build(place)?;
    let page = bundle(place)?;
    say::step("Building the mock server as it ships");
    let building = run::cargo()
        .args(["build", "--release", "--locked"])
        .args(["--package", "evertoken-mock", "--bin", "evertoken-mock"])
        .dir(place.root());
    if !building.loud()? {
        return Err(Stop::new("It did not build: see above."));
    }
    say::step("Five clients, taking turns (half a minute)");
    let said = Run::new("node")
        .arg("bench/fetch.mjs")
        .arg(page)
        .env("CHROMEDRIVER", driver)
        .env(
            "EVERTOKEN_MOCK_BIN",
            place.target().join("release/evertoken-mock"),
        )
        .dir(&place.npm())
        .quiet()?
        .or_stop("The clients were not measured: what went wrong is above.")?;
    serde_json::from_str(&said)
        .map_err(|error| Stop::new(format!("The benchmark spoke strangely: {error}.")))
}

/// The page as an application ships it; the package is imported by its name, as it is built.
fn bundle(place: &Place) -> Done<std::path::PathBuf> {
    let folder = place.kept().join("fetch");
    files::fresh(&folder)?;
    let bench = place.npm().join("bench");
    package::esbuild(place)
        .arg(bench.join("page.ts"))
        .args(package::BUNDLE)
        .arg(package::assign("--outdir=", &folder))
        .quiet()?
        .or_stop("The page did not bundle: what esbuild said is above.")?;
    let page = files::read(&bench.join("index.html"))?;
    files::write(&folder.join("index.html"), &page)?;
    Ok(folder)
}

/// The table's lines.
pub(super) fn table(figures: &[Figures]) -> Vec<String> {
    let bare = figures.first().map_or(f64::NAN, |bare| bare.loopback_us);
    let mut lines = vec![row(
        "fetch",
        ["stub µs", "loopback µs", "× bare"].map(str::to_owned),
    )];
    lines.extend(figures.iter().map(|figures| {
        let cells = [
            format!("{:.1}", figures.stub_us),
            format!("{:.0}", figures.loopback_us),
            format!("{:.3}", figures.loopback_us / bare),
        ];
        row(&figures.name, cells)
    }));
    lines
}

fn row(name: &str, [stub, loopback, ratio]: [String; 3]) -> String {
    format!("{name:<28}{stub:>12}{loopback:>14}{ratio:>10}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_says_becomes_a_table_beside_bare_fetch() {
        let said = r#"[{"name":"bare fetch","stub_us":0.25,"loopback_us":1000},
            {"name":"evertoken","stub_us":1.0,"loopback_us":1020.4}]"#;
        let figures: Vec<Figures> = serde_json::from_str(said).unwrap();
        let lines = table(&figures);
        assert!(lines[1].ends_with("1.000"), "{}", lines[1]);
        let words: Vec<_> = lines[2].split_whitespace().collect();
        assert_eq!(words, ["evertoken", "1.0", "1020", "1.020"]);
    }
}
