//! The OpenAPI document as a test reads it, and a walk that notes what was answered.

use std::collections::BTreeSet;

use axum::body::Body;
use serde_json::Value;

use crate::endpoints::JSON;
use crate::rig::{Answer, FORM, Mock};

/// Method, path and status.
pub type Named = (String, String, String);

pub struct Document(pub Value);

impl Document {
    pub async fn of(mock: &Mock) -> Self {
        Self(mock.get("/openapi.json").await.json())
    }

    /// Everything it names.
    pub fn all(&self) -> BTreeSet<Named> {
        let mut all = BTreeSet::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                for status in operation["responses"].as_object().unwrap().keys() {
                    all.insert((method.to_uppercase(), path.clone(), status.clone()));
                }
            }
        }
        all
    }

    /// The operations that name this status.
    pub fn that_say(&self, status: &str) -> Vec<(String, String)> {
        let all = self.all().into_iter();
        all.filter(|named| named.2 == status)
            .map(|(method, path, _)| (method, path))
            .collect()
    }

    pub fn takes_a_form(&self, path: &str) -> bool {
        let body = &self.0["paths"][path]["post"]["requestBody"]["content"];
        body.get("application/x-www-form-urlencoded").is_some()
    }

    /// The answer is one it names, and looks as it says.
    pub fn check(&self, (method, path, status): &Named, answer: &Answer) {
        let operation = &self.0["paths"][path][method.to_lowercase()];
        let response = &operation["responses"][status];
        assert!(
            response.is_object(),
            "{method} {path} does not name {status}"
        );
        for name in response["headers"]
            .as_object()
            .into_iter()
            .flat_map(|headers| headers.keys())
        {
            // A new access token is there only where one was due.
            assert!(
                name == "Authorization" || answer.headers.contains_key(name),
                "{method} {path} {status} {name}"
            );
        }
        let Some((kind, content)) = response["content"]
            .as_object()
            .and_then(|content| content.iter().next())
        else {
            assert!(
                answer.body.is_empty(),
                "{method} {path} {status} has a body"
            );
            return;
        };
        let given = answer.header("content-type").unwrap_or_default();
        assert!(
            given.starts_with(kind.as_str()),
            "{method} {path} {status} {given}"
        );
        if kind == "application/json" {
            let wrong = self.wrong(&content["schema"], &answer.json());
            assert!(wrong.is_none(), "{method} {path} {status}: {wrong:?}");
        }
    }

    /// What this schema of it has against a value.
    pub fn wrong(&self, schema: &Value, given: &Value) -> Option<String> {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let wrong = validator.validate(given).err();
        wrong.map(|wrong| wrong.to_string())
    }
}

pub struct Walk {
    pub document: Document,
    pub seen: BTreeSet<Named>,
}

impl Walk {
    pub async fn ask(
        &mut self,
        mock: &Mock,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let plain = path.split('?').next().unwrap();
        let known = self.document.0["paths"].get(plain).is_some();
        let template = if known { plain } else { "/gateway/api/{rest}" };
        let asked = path.replace("{rest}", "anything");
        let answer = mock.ask((method, &asked), headers, body).await;
        let named = (
            method.to_owned(),
            template.to_owned(),
            answer.status.to_string(),
        );
        self.document.check(&named, &answer);
        self.seen.insert(named);
        answer
    }

    /// Asks every operation that names this status the same thing.
    pub async fn ask_all(
        &mut self,
        status: &str,
        mock: &Mock,
        headers: &[(&str, &str)],
        body: &str,
        form: &str,
    ) {
        for (method, path) in self.document.that_say(status) {
            let form_taken = self.document.takes_a_form(&path);
            let (kind, body) = if form_taken {
                (FORM, form)
            } else {
                (JSON, body)
            };
            let kind = (!headers.iter().any(|(name, _)| *name == "content-type")).then_some(kind);
            let headers: Vec<_> = headers.iter().copied().chain(kind).collect();
            self.ask(mock, (&method, &path), &headers, body.to_owned())
                .await;
        }
    }
}
