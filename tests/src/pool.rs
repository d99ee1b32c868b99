//! Browsers that go from test to test.
//!
//! To start one costs more than what most tests do in it. What a browser keeps, cookies first, it keeps by host; every
//! [`Stage`](crate::Stage) has a host of its own, so nothing of one test is there for the next. A test that fails gives
//! nothing back, and its browser ends with it; so does one in which a test did what a new tab does not undo.

use std::sync::{Mutex, PoisonError};

use fantoccini::Client;
use fantoccini::error::CmdError;
use hyper_util::client::legacy::connect::HttpConnector;

use crate::driver::{Driver, Kind};

/// Those that no test has. They end with this process (see [`Driver`]).
static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

/// A browser with one empty tab.
struct Idle {
    driver: Driver,
    session: String,
    dark: bool,
}

/// One that was given back, if there is any that likes such pages.
pub(crate) async fn take(dark: bool) -> Option<(Driver, Client)> {
    let idle = {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().position(|idle| idle.dark == dark)?;
        idle.swap_remove(place)
    };
    let connector = HttpConnector::new();
    let client = Client::with_existing_session(&idle.driver.url, &idle.session, connector).await;
    Some((idle.driver, client.expect("its session goes on")))
}

/// Empties a browser and keeps it for the next test.
pub(crate) async fn give_back(driver: Driver, client: Client, dark: bool) {
    // Whatever is wrong with it: the next test then starts another.
    if let Ok(Some(session)) = emptied(&client).await {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(Idle {
            driver,
            session,
            dark,
        });
    }
}

async fn emptied(client: &Client) -> Result<Option<String>, CmdError> {
    let used = client.windows().await?;
    let empty = client.new_window(true).await?.handle;
    for tab in used {
        client.switch_to_window(tab).await?;
        client.close_window().await?;
    }
    client.switch_to_window(empty).await?;
    if Kind::chosen() == Kind::Firefox {
        // What it begins with. In Chromium a size is the tab's.
        client.set_window_size(1366, 768).await?;
    }
    client.persist().await?;
    client.session_id().await
}
