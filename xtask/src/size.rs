//! What the package weighs.
//!
//! Three parts, measured as a page loads them: the engine (the optimised module), the glue (what wasm-bindgen's
//! JavaScript and the shell's own module add to the bundle) and the wrapper (the TypeScript by itself). Their
//! total is `evertoken/external`, for an app that loads the engine as a file; `inline` is the default entry point as it is
//! published, with the engine in it as text. The budget, in bytes of brotli, is npm/size-budget.json.

use std::io::Write;
use std::ops::{Add, Sub};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::package;
use crate::place::Place;
use crate::say::{self, Done, Stop};

/// Bytes, as they are and as they travel.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Weight {
    raw: u64,
    gzip: u64,
    pub(crate) brotli: u64,
}

#[derive(Serialize)]
struct Part {
    name: &'static str,
    #[serde(flatten)]
    weight: Weight,
}

/// The most that each may weigh, in bytes of brotli.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    engine: u64,
    glue: u64,
    wrapper: u64,
    total: u64,
    inline: u64,
}

#[derive(Serialize)]
struct Report {
    parts: [Part; 3],
    total: Weight,
    inline: Weight,
    budget: Budget,
}

/// Builds, weighs and prints; a stop if something is over the budget.
pub(crate) fn size(place: &Place, json: bool) -> Done {
    package::build(place)?;
    let report = weigh(place)?;
    if json {
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| Stop::new(format!("The figures cannot be written: {error}.")))?;
        say::answer(&json);
    } else {
        say::answer(&format!(
            "{:<8}{:>10}{:>10}{:>10}{:>10}",
            "", "raw", "gzip", "brotli", "budget"
        ));
        for (name, weight, budget) in report.rows() {
            let Weight { raw, gzip, brotli } = weight;
            say::answer(&format!(
                "{name:<8}{raw:>10}{gzip:>10}{brotli:>10}{budget:>10}"
            ));
        }
    }
    let over: Vec<_> = report
        .rows()
        .into_iter()
        .filter(|(_, weight, budget)| weight.brotli > *budget)
        .map(|(name, weight, budget)| format!("{name} by {} bytes", weight.brotli - budget))
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    Err(Stop::new(format!(
        "Over the budget: {}; make it smaller, or raise npm/size-budget.json and say why.",
        over.join(", ")
    )))
}

impl Report {
    fn rows(&self) -> [(&'static str, Weight, u64); 5] {
        let [engine, glue, wrapper] = &self.parts;
        [
            (engine.name, engine.weight, self.budget.engine),
            (glue.name, glue.weight, self.budget.glue),
            (wrapper.name, wrapper.weight, self.budget.wrapper),
            ("total", self.total, self.budget.total),
            ("inline", self.inline, self.budget.inline),
        ]
    }
}

fn weigh(place: &Place) -> Done<Report> {
    let npm = place.npm();
    let budget = serde_json::from_slice(&files::read(&npm.join("size-budget.json"))?)
        .map_err(|error| Stop::new(format!("npm/size-budget.json is not a budget: {error}.")))?;
    let engine = Weight::of(&files::read(&npm.join("engine/evertoken_bg.wasm"))?)?;
    let script = Weight::of(&without(place, "external", "nothing")?)?;
    let wrapper = Weight::of(&without(place, "external", "../engine/*")?)?;
    let inline = Weight::of(&without(place, "index", "nothing")?)?;
    Ok(Report {
        parts: [
            Part {
                name: "engine",
                weight: engine,
            },
            Part {
                name: "glue",
                weight: script - wrapper,
            },
            Part {
                name: "wrapper",
                weight: wrapper,
            },
        ],
        total: engine + script,
        inline,
        budget,
    })
}

/// This entry point without what the pattern names.
fn without(place: &Place, entry: &str, pattern: &str) -> Done<Vec<u8>> {
    let file = place.kept().join("size.js");
    package::esbuild(place)
        .arg(place.npm().join("src").join(entry).with_extension("ts"))
        .args(package::BUNDLE)
        .arg(format!("--external:{pattern}"))
        .arg(package::assign("--outfile=", &file))
        .quiet()?
        .or_stop("The TypeScript did not bundle: what esbuild said is above.")?;
    files::read(&file)
}

impl Weight {
    pub(crate) fn of(content: &[u8]) -> Done<Self> {
        let broken = |error| Stop::io("compress a copy of", Path::new("the package"), &error);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(content).map_err(broken)?;
        let gzip = gzip.finish().map_err(broken)?;
        // The slowest and best that servers and CDNs use for files compressed ahead of time.
        let best = brotli::enc::BrotliEncoderParams {
            quality: 11,
            lgwin: 22,
            ..Default::default()
        };
        let mut brotli = Vec::new();
        brotli::BrotliCompress(&mut &*content, &mut brotli, &best).map_err(broken)?;
        let [raw, gzip, brotli] = [content, &gzip, &brotli].map(|bytes| bytes.len() as u64);
        Ok(Self { raw, gzip, brotli })
    }
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }
}

impl Sub for Weight {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            raw: self.raw.saturating_sub(other.raw),
            gzip: self.gzip.saturating_sub(other.gzip),
            brotli: self.brotli.saturating_sub(other.brotli),
        }
    }
}
