//! The way to the server and back: what becomes of a request is drawn when it is sent.

use crate::chance::Chance;
use crate::script::{Fate, Trouble, Weather};
use crate::server::{Ask, Cookie, Reply, SetCookie};

/// A request to an auth endpoint, from when it is sent until the world is done with it.
#[derive(Debug)]
pub struct Request {
    /// Whose it is.
    pub tab: usize,
    /// The operation it is for, as the tab knows it.
    pub op: evertoken_core::OpId,
    /// What is asked.
    pub ask: Ask,
    /// The cookie that went along, also with copies that the browser sends.
    pub cookie: Option<Cookie>,
    /// What becomes of it.
    pub fate: Fate,
    /// When it was sent.
    pub at: u64,
    /// What the server answered to the copy that counts.
    pub reply: Option<(Reply, SetCookie)>,
    /// Whether the server has done it.
    pub is_served: bool,
    /// Whether the connection was cut: nothing comes back any more.
    pub is_cut: bool,
    /// Whether the tab no longer waits for it.
    pub is_aborted: bool,
    /// Whether the world is done with it.
    pub is_over: bool,
    /// Whether something was sent beside it although nobody waited for it any longer.
    pub is_orphan: bool,
}

/// Draws what becomes of a request in this weather.
pub fn draw(weather: Weather, is_login: bool, chance: &mut Chance) -> Fate {
    let mut fate = Fate {
        up: chance.between(5, 60),
        down: chance.between(5, 60),
        body: chance.between(0, 20),
        trouble: Trouble::None,
        copy: None,
        lands_after_abort: chance.percent(50),
    };
    if weather != Weather::Calm {
        stretch(&mut fate, chance);
    }
    let wrong = match weather {
        Weather::Calm => 0,
        Weather::Slow => 2,
        Weather::Lossy => 35,
        Weather::Broken => 85,
    };
    if chance.percent(wrong) {
        fate.trouble = chance.weighted(&[
            (4, Trouble::LostBefore),
            (6, Trouble::LostAfter),
            (5, Trouble::Truncated),
            (2, Trouble::ProxyBefore),
            (2, Trouble::ProxyAfter),
            (1, Trouble::Limited(2)),
            (1, Trouble::Page),
            (3, Trouble::Hangs),
            (4, Trouble::Twice),
            (2, Trouble::Superseded),
        ]);
    }
    if wrong > 0 && !is_login && chance.percent(10) {
        fate.copy = Some(chance.between(50, 20_000));
    }
    fate
}

/// Most of it is a little late; some of it is later than anybody waits.
fn stretch(fate: &mut Fate, chance: &mut Chance) {
    for part in [&mut fate.up, &mut fate.down, &mut fate.body] {
        *part += chance.weighted(&[(6, 0), (3, 1), (2, 2), (1, 3)])
            * chance.weighted(&[(4, 40), (3, 400), (2, 1_500), (1, 5_000)]);
    }
}
