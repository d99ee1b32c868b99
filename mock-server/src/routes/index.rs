//! The page at `/`, where no folder is served: which endpoints there are, and who can sign in.

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use super::html::{escape, page};
use crate::control;
use crate::tenant::Tenant;

/// The endpoints, a table for each of the document's tags and one for those without.
fn endpoints(document: &OpenApi) -> String {
    let tags = document.tags.iter().flatten().map(|tag| {
        let about = tag.description.as_deref().unwrap_or_default();
        (Some(tag.name.as_str()), about)
    });
    tags.chain([(None, "The server itself")])
        .map(|(tag, about)| {
            let name = escape(tag.unwrap_or("others"));
            let (about, rows) = (escape(about), rows(document, tag));
            format!("<h2>{name}</h2>\n<p>{about}\n<table>{rows}</table>\n")
        })
        .collect()
}

fn rows(document: &OpenApi, tag: Option<&str>) -> String {
    let mut rows = String::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            let tags = operation.tags.as_deref().unwrap_or_default();
            if tags.first().map(String::as_str) == tag {
                let summary = operation.summary.as_deref().unwrap_or_default();
                rows.push_str(&format!(
                    "<tr><td>{method}<td><code>{}</code><td>{}\n",
                    escape(path),
                    escape(summary)
                ));
            }
        }
    }
    rows
}

/// Whether this request asks for the page.
pub(crate) fn is_asked(request: &Request) -> bool {
    request.uri().path() == "/" && matches!(*request.method(), Method::GET | Method::HEAD)
}

/// The page. Accounts are named only where the controls would name them too.
pub(crate) fn show(tenant: &Tenant, document: &OpenApi, request: &Request) -> Response {
    let endpoints = endpoints(document);
    let accounts = match control::open(tenant, request.headers()) {
        Ok(()) => accounts(tenant),
        Err(_) => String::new(),
    };
    let url = escape(&tenant.url());
    let prefix = tenant.prefix();
    page(
        "evertoken-mock",
        &format!(
            "<p>An auth server for tests, at <code>{url}</code>. The <a href=\"{prefix}/openapi.json\">OpenAPI document</a> says more.\n\
             {accounts}{endpoints}"
        ),
    )
}

fn accounts(tenant: &Tenant) -> String {
    let users = tenant.users();
    let rows: String = users
        .all()
        .iter()
        .map(|user| {
            let active = if user.active { "" } else { ", inactive" };
            format!(
                "<tr><td><code>{}</code><td>{}{active}\n",
                escape(&user.email),
                escape(&user.role)
            )
        })
        .collect();
    format!(
        "<h2>Accounts</h2>\n<p>At first all have the password <code>password</code>.\n<table>{rows}</table>\n"
    )
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}
