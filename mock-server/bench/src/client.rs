//! One connection that is kept open, and the session that is renewed over it.
//!
//! HTTP is spoken by hand here, and only as far as these servers speak it: whatever the load costs is taken from what
//! is measured, on the same cores, and most of all from the quickest. A client of the library's was half of it.

use std::fmt::Write as _;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{CLIENTS, Result};

pub(crate) struct Client {
    stream: TcpStream,
    head: String,
    refresh_token: String,
    request: String,
    answer: Vec<u8>,
}

/// The part that counts of an answer.
#[derive(Deserialize)]
struct Token<'a> {
    refresh_token: &'a str,
}

impl Client {
    pub(crate) async fn all(address: &str, endpoint: &'static str) -> Result<Vec<Self>> {
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let mut client = Self {
                stream,
                head: format!(
                    "POST {endpoint} HTTP/1.1\r\nHost: {address}\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
                ),
                refresh_token: String::new(),
                request: String::new(),
                answer: Vec::new(),
            };
            client
                .post("grant_type=password&client_id=bench&username=user@example.com&password=password")
                .await?;
            clients.push(client);
        }
        Ok(clients)
    }

    pub(crate) async fn refresh(&mut self) -> Result<()> {
        let form = format!(
            "grant_type=refresh_token&client_id=bench&refresh_token={}",
            self.refresh_token
        );
        self.post(&form).await
    }

    /// Sends a form, and keeps the refresh token that comes back.
    async fn post(&mut self, form: &str) -> Result<()> {
        self.request.clear();
        write!(self.request, "{}{}\r\n\r\n{form}", self.head, form.len())?;
        self.stream.write_all(self.request.as_bytes()).await?;
        self.answer.clear();
        let body = loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("it hung up".into());
            }
            if let Some(body) = body(&self.answer)? {
                break body;
            }
        };
        let token: Token<'_> = serde_json::from_str(body)?;
        if token.refresh_token == self.refresh_token {
            return Err("it does not rotate".into());
        }
        token.refresh_token.clone_into(&mut self.refresh_token);
        Ok(())
    }
}

/// The body of an answer that is whole.
fn body(answer: &[u8]) -> Result<Option<&str>> {
    let Some((head, body)) = std::str::from_utf8(answer)?.split_once("\r\n\r\n") else {
        return Ok(None);
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    let length = length.ok_or("it does not say how long its answer is")??;
    if body.len() < length {
        return Ok(None);
    }
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(String::from_utf8_lossy(answer).into());
    }
    Ok(Some(body))
}
