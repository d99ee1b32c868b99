//! `cargo mutants` changes the machine in a thousand places and asks whether a test notices. What no test can notice,
//! or should, is named in `.cargo/mutants.toml`, each with its reason. This keeps that list true: a mutant is left out
//! by its file, its function and the text that is changed, and all three must still be there.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A mutant that is left out.
#[derive(Debug)]
struct Explained {
    reason: String,
    /// What `cargo mutants` calls it, without its line and column.
    name: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn list() -> String {
    fs::read_to_string(root().join(".cargo/mutants.toml")).expect("the list of what is left out")
}

/// The lines between `key = [` and `]`: comments, and one text in single quotes each.
fn entries(list: &str, key: &str) -> Vec<Explained> {
    let opening = format!("{key} = [");
    let lines = list.lines().skip_while(|line| *line != opening).skip(1);
    let mut entries = vec![];
    let mut reason = String::new();
    for line in lines.take_while(|line| *line != "]").map(str::trim) {
        if let Some(comment) = line.strip_prefix('#') {
            reason.push_str(comment);
        } else {
            let quoted = line
                .strip_prefix('\'')
                .and_then(|line| line.strip_suffix("',"));
            let name = quoted.unwrap_or_else(|| panic!("one entry a line: {line}"));
            entries.push(Explained {
                reason: std::mem::take(&mut reason),
                name: name.to_owned(),
            });
        }
    }
    entries
}

/// What comes before and after the first `between`.
fn split<'a>(text: &'a str, between: &str) -> (&'a str, &'a str) {
    let parts = text.split_once(between);
    parts.unwrap_or_else(|| panic!("no {between:?} in {text}"))
}

/// The function's text, with that of the functions after it in the same file left out.
fn function(source: &str, name: &str) -> String {
    let head = format!("fn {name}(");
    let mut lines = source.lines().skip_while(|line| !line.contains(&head));
    let first = lines.next().unwrap_or_else(|| panic!("no function {name}"));
    let indent = first.len() - first.trim_start().len();
    let end = format!("{}}}", " ".repeat(indent));
    let body: Vec<&str> = lines.take_while(|line| *line != end).collect();
    body.join("\n")
}

#[test]
fn every_mutant_that_is_left_out_has_a_reason_and_is_still_there() {
    let entries = entries(&list(), "exclude_re");
    assert!(!entries.is_empty());
    for Explained { reason, name } in entries {
        assert!(reason.len() > 20, "why is it left out? {name}");
        let plain = name.replace('\\', "");
        let (file, change) = split(&plain, ":.*: ");
        let (change, place) = split(change, " in ");
        let path = root().join(file.strip_prefix('^').expect("from the beginning"));
        let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no file {file}"));
        let place = place.strip_suffix('$').expect("to the end");
        let name = match place.split_once("::") {
            Some((owner, name)) => {
                assert!(source.contains(&format!("impl {owner} {{")), "{place}");
                name
            }
            None => place,
        };
        let (old, _) = split(
            change.strip_prefix("replace ").expect("a replacement"),
            " with ",
        );
        let old = old.strip_prefix("match guard ").unwrap_or(old);
        assert!(
            function(&source, name).contains(old),
            "{place} has no `{old}` any more"
        );
    }
}

#[test]
fn every_file_that_is_left_out_has_a_reason_and_is_still_there() {
    let entries = entries(&list(), "exclude_globs");
    assert!(!entries.is_empty());
    for Explained { reason, name } in entries {
        assert!(reason.len() > 20, "why is it left out? {name}");
        assert!(root().join(&name).is_file(), "no file {name}");
    }
}
