//! A form's parameters, read strictly.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use percent_encoding::percent_decode;

use super::answer::Problem;

/// The parameters of `application/x-www-form-urlencoded`, each at most once. One without a value counts
/// as absent (RFC 6749 §3.2).
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let mut parameters = HashMap::new();
        for pair in body.split(|byte| *byte == b'&') {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if value.is_empty() {
                continue;
            }
            match parameters.entry(name) {
                Entry::Vacant(place) => place.insert(value),
                Entry::Occupied(_) => {
                    return Err(Problem::invalid_request(
                        "A parameter came twice; send each of them once.",
                    ));
                }
            };
        }
        Ok(Self(parameters))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value, or which one is missing.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| {
            Problem::invalid_request(format!("The parameter {name} is missing; send it."))
        })
    }
}

fn decode(text: &[u8]) -> Result<String, Problem> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| Problem::invalid_request("A parameter is not UTF-8; encode it as such."))
}
