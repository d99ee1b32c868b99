//! What breaks sessions, as people do it: a few things in a row that mean something together, with times drawn around
//! the moments that matter. Without them chance would hardly ever come upon what needs three rare things at once.

use evertoken_core::Scope;

use crate::chance::Chance;
use crate::script::{Act, Fate, Lags, Trouble};
use crate::users;

/// What is done, where, and how long after the story's beginning.
pub type Scene = (u64, usize, Act);

/// A story that begins in the tab at `here`, with another at `there`.
pub fn story(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    let mut scenes = match chance.below(8) {
        0 => lost_login(chance, here),
        1 => overtaken_login(chance, here, there),
        2 => two_logins(chance, here, there),
        3 => unsent_logout(chance, here),
        4 => logout_beside_a_renewal(chance, here, there),
        5 => everybody_renews(chance, here, there),
        6 => sleeper(chance, here, there),
        _ => kept_page(chance, here, there),
    };
    // Whoever comes later finds what is left.
    if chance.percent(40) {
        let at = scenes.last().map_or(0, |(at, ..)| *at) + chance.below(2_000);
        scenes.push((at, here, Act::Reload));
    }
    scenes
}

/// The server signs somebody in, and nobody hears of it.
fn lost_login(chance: &mut Chance, here: usize) -> Vec<Scene> {
    let trouble = chance.pick(&[
        Trouble::LostAfter,
        Trouble::ProxyAfter,
        Trouble::Truncated,
        Trouble::Hangs,
    ]);
    vec![
        (0, here, fares(trouble)),
        (0, here, users::login(chance)),
        (chance.below(400), here, Act::Fetch(2)),
    ]
}

/// A logout comes while a login is on its way, from the same tab or from another, and somebody looks again when the
/// login has been granted all the same.
fn overtaken_login(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    let (up, down) = (chance.pick(&[100, 500, 5_000]), chance.pick(&[20, 500]));
    let from = chance.pick(&[here, there, there]);
    let logout = Act::Logout(chance.pick(&[Scope::Global, Scope::Local]));
    let later = up + down + 50 + chance.below(1_000);
    let next = chance.pick(&[Act::Fetch(1), Act::Reload]);
    vec![
        (0, here, slow(up, down)),
        (0, here, users::login(chance)),
        (chance.below(up), from, logout),
        (later, here, next),
        (later + 300 + chance.below(3_000), here, Act::Fetch(1)),
    ]
}

/// Two people sign in at once, and perhaps neither tab hears of the other in time.
fn two_logins(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    let one = users::login(chance);
    let other = users::login(chance);
    let mut scenes = vec![
        (0, here, one),
        (chance.below(120), there, other),
        (chance.below(200), there, Act::Fetch(1)),
    ];
    if chance.percent(40) {
        let lags = Lags {
            lock: 2,
            channel: 300,
            storage: 400,
        };
        scenes.insert(0, (0, here, Act::Lags(lags)));
        // By then all that was said and noted has arrived, and nobody renews yet.
        scenes.push((2_000, here, Act::Lags(Lags::SHORT)));
    }
    scenes
}

/// Somebody signs out where there is no network, and leaves.
fn unsent_logout(chance: &mut Chance, here: usize) -> Vec<Scene> {
    let leaves = chance.pick(&[Act::Reload, Act::Close, Act::Kill]);
    let at = chance.below(300);
    let left = at + chance.below(1_500);
    let back = left + chance.below(1_500);
    vec![
        (0, here, Act::Offline),
        (at, here, Act::Logout(Scope::Global)),
        (left, here, leaves),
        (back, here, Act::Open),
        (back + chance.below(3_000), here, Act::Online),
    ]
}

/// One tab renews, another signs out and is gone before it could say so.
fn logout_beside_a_renewal(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    let down = chance.pick(&[20, 200, 600]);
    let at = chance.below(20 + down);
    vec![
        (0, here, slow(20, down)),
        (0, here, Act::Renew),
        (at, there, Act::Logout(Scope::Global)),
        (at + chance.below(60), there, Act::Kill),
        (down + chance.below(400), here, Act::Close),
        (down + 400 + chance.below(1_000), there, Act::Open),
    ]
}

/// Both need a new token at once.
fn everybody_renews(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    vec![
        (0, here, Act::Distrust),
        (1, here, Act::Fetch(3)),
        (chance.below(150), there, Act::Fetch(3)),
    ]
}

/// One sleeps while the other goes on, and the last answer is lost.
fn sleeper(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    let trouble = chance.pick(&[Trouble::LostAfter, Trouble::Truncated, Trouble::None]);
    vec![
        (0, here, Act::Freeze),
        (10, there, Act::Renew),
        (600, there, fares(trouble)),
        (600, there, Act::Renew),
        (650 + chance.below(200), here, Act::Thaw),
        (700 + chance.below(200), here, Act::Renew),
    ]
}

/// A page is kept aside while the session ends, or becomes another's.
fn kept_page(chance: &mut Chance, here: usize, there: usize) -> Vec<Scene> {
    let login = users::login(chance);
    let change = chance.pick(&[Act::Logout(Scope::Global), login]);
    vec![
        (0, here, Act::Hide),
        (20, there, change),
        (20 + chance.below(600), here, Act::Show),
        (20 + chance.below(700), here, Act::Fetch(2)),
    ]
}

fn fares(trouble: Trouble) -> Act {
    Act::Fate(Fate {
        trouble,
        ..Fate::FINE
    })
}

fn slow(up: u64, down: u64) -> Act {
    Act::Fate(Fate {
        up,
        down,
        ..Fate::FINE
    })
}
