//! `evertoken-sim`: plays many worlds and says what they came upon, or shows the one that failed.

#![allow(clippy::print_stdout, reason = "a report is what it is for")]

use std::process::ExitCode;
use std::time::Instant;

use evertoken_sim::{Failed, Marks, Report, Wishes, play, run, shrink, users};
use lexopt::{Arg, ValueExt};

const USAGE: &str = "\
Usage: evertoken-sim [--seeds N] [--from SEED] [--tabs N] [--hours N] [--survey] [--trace]

  --seeds N    how many worlds (10000)
  --from SEED  the first one's seed (0)
  --tabs N     how many tabs each may have open (2 to 4)
  --hours N    how many hours each lives (until its people have nothing left to do)
  --survey     goes on after a failure, and counts which laws are broken
  --trace      shows the first world, whatever comes of it
";

#[derive(Clone, Copy, Debug)]
struct Wanted {
    seeds: u64,
    from: u64,
    wishes: Wishes,
    survey: bool,
    trace: bool,
}

fn main() -> ExitCode {
    let wanted = match parse(lexopt::Parser::from_env()) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if wanted.trace {
        let outcome = play(&users::script(wanted.from, wanted.wishes), true);
        println!("{}\n{:?}", outcome.trace.join("\n"), outcome.broken);
        return ExitCode::SUCCESS;
    }
    if wanted.survey {
        survey(wanted);
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    let report = run(wanted.from, wanted.seeds, wanted.wishes, None, |done| {
        eprintln!("{done} worlds, {:.0} s", began.elapsed().as_secs_f64());
    });
    match &report.failed {
        Some(failed) => {
            show_failure(failed);
            ExitCode::FAILURE
        }
        None => {
            show(&report, began);
            ExitCode::SUCCESS
        }
    }
}

fn parse(mut args: lexopt::Parser) -> Result<Option<Wanted>, lexopt::Error> {
    let mut wanted = Wanted {
        seeds: 10_000,
        from: 0,
        wishes: Wishes::default(),
        survey: false,
        trace: false,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Long("seeds") => wanted.seeds = args.value()?.parse()?,
            Arg::Long("from") => wanted.from = args.value()?.parse()?,
            Arg::Long("tabs") => {
                let tabs = args.value()?.parse_with(|text| match text.parse() {
                    Ok(tabs @ 1..=20) => Ok(tabs),
                    Ok(_) | Err(_) => Err("it is a number from 1 to 20"),
                })?;
                wanted.wishes.tabs = Some(tabs);
            }
            Arg::Long("hours") => wanted.wishes.hours = Some(args.value()?.parse()?),
            Arg::Long("survey") => wanted.survey = true,
            Arg::Long("trace") => wanted.trace = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            arg @ (Arg::Long(_) | Arg::Short(_) | Arg::Value(_)) => return Err(arg.unexpected()),
        }
    }
    Ok(Some(wanted))
}

fn show(report: &Report, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    for (mark, count) in report.marks.iter() {
        println!("{count:>12}  {}", mark.text());
    }
    println!(
        "\n{} worlds, {} events, {seconds:.1} s: no law was broken.",
        report.worlds, report.events
    );
}

fn show_failure(failed: &Failed) {
    let seed = failed.script.seed;
    eprintln!("Seed {seed} breaks a law; making it small…");
    let (script, broken) = shrink(&failed.script, &failed.broken);
    println!("{:#?}\n", script.setting);
    for step in &script.steps {
        println!("{:>10}  in {}  {:?}", step.at, step.place, step.act);
    }
    println!("\n{}\n", play(&script, true).trace.join("\n"));
    println!(
        "Seed {seed}: {:?} is broken at {} ms: {}.",
        broken.law, broken.at, broken.how
    );
}

/// Which laws are broken, how often, and where first.
fn survey(wanted: Wanted) {
    let mut seen: Vec<(String, u64, u64)> = Vec::new();
    let mut marks = Marks::default();
    let mut from = wanted.from;
    let end = wanted.from + wanted.seeds;
    while from < end {
        let outcome = play(&users::script(from, wanted.wishes), false);
        marks.merge(&outcome.marks);
        if let Some(broken) = outcome.broken {
            let what = format!(
                "{:?}: {}",
                broken.law,
                broken.how.replace(char::is_numeric, "")
            );
            match seen.iter_mut().find(|(known, ..)| *known == what) {
                Some((_, count, _)) => *count += 1,
                None => seen.push((what, 1, from)),
            }
        }
        from += 1;
    }
    for (mark, count) in marks.iter().filter(|(_, count)| *count < 100) {
        println!("{count:>8}  times only: {}", mark.text());
    }
    for (law, count, seed) in seen {
        println!("{count:>8}  {law}, first with seed {seed}");
    }
}
