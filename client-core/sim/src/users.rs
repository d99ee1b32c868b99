//! Lives: what people do in a world, drawn from its seed. Much of it happens within one network delay of something
//! else, or about when a token is renewed, because that is where sessions break.

use evertoken_core::{Restore, Scope};

use crate::chance::Chance;
use crate::script::{Act, Keys, Lags, Script, Setting, Step, Weather};
use crate::server::USERS;
use crate::stories;

/// What is asked for from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// How many tabs; drawn if not said.
    pub tabs: Option<usize>,
    /// How many hours it lives; as long as its people have something to do if not said.
    pub hours: Option<u64>,
}

/// The world of this seed.
#[must_use]
pub fn script(seed: u64, wishes: Wishes) -> Script {
    let mut chance = Chance::of(seed, &[1]);
    let mut setting = setting(&mut chance);
    if let Some(tabs) = wishes.tabs {
        setting.places = tabs;
    }
    let steps = steps(&setting, wishes.hours, &mut chance);
    // Drawn last, so that what else a seed brings does not hang on it. Without locks tabs that have to ask for a token of
    // their own cross each other's ways too often to say what is right.
    setting.shares = !setting.locks || chance.percent(85);
    Script {
        seed,
        setting,
        steps,
    }
}

/// Most browsers have everything; what a few lack is tried often enough.
fn setting(chance: &mut Chance) -> Setting {
    Setting {
        places: chance.between(2, 4) as usize,
        locks: chance.percent(85),
        channel: chance.percent(85),
        storage: chance.percent(85),
        keys: chance.weighted(&[(4, Keys::HandedOut), (1, Keys::Strings)]),
        random_keys: chance.percent(80),
        restore: chance.weighted(&[
            (8, Restore::Always),
            (2, Restore::Hint),
            (1, Restore::Never),
        ]),
        lifetime: chance.pick(&[2_000, 5_000, 20_000, 60_000, 300_000, 900_000]),
        refresh_ttl: chance.weighted(&[(9, 7 * 86_400_000), (1, 120_000)]),
        request_timeout: chance.pick(&[3_000, 10_000]),
        reuse_ends_user: chance.percent(50),
        shares: true,
        steady: false,
        planted: None,
    }
}

fn steps(setting: &Setting, hours: Option<u64>, chance: &mut Chance) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    let count = chance.between(25, 90);
    let end = hours.map(|hours| hours * 3_600_000);
    let mut push = |at, place, act| steps.push(Step { at, place, act });
    for place in 0..setting.places {
        if place == 0 || chance.percent(70) {
            push(at, place, Act::Open);
        }
        at += chance.below(200);
    }
    push(at, 0, login(chance));
    let mut done = 0;
    while end.map_or(done < count, |end| at < end) {
        at += pause(setting, chance, end.is_some());
        let place = chance.below(setting.places as u64) as usize;
        if chance.percent(20) {
            let other = (place + 1) % setting.places;
            for (after, place, act) in stories::story(chance, place, other) {
                push(at + after, place, act);
            }
        }
        let act = |chance: &mut Chance| act(setting, chance);
        let first = act(chance);
        push(at, place, first);
        done += 1;
        // Whoever signs in may think better of it.
        if matches!(first, Act::Login { .. }) {
            let other = chance.below(setting.places as u64) as usize;
            match chance.weighted(&[(50, 0), (25, 1), (15, 2), (10, 3)]) {
                1 => push(at + chance.below(250), place, Act::Logout(Scope::Global)),
                2 => push(at + chance.below(60), other, login(chance)),
                3 => push(at + chance.below(150), place, Act::Kill),
                _ => {}
            }
        }
        if chance.percent(15) {
            push(at + chance.below(40), place, act(chance));
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

/// How long until the next thing is done.
fn pause(setting: &Setting, chance: &mut Chance, is_long: bool) -> u64 {
    let renewal = setting.lifetime - (setting.lifetime / 2).min(60_000);
    let long = if is_long { 600_000 } else { 30_000 };
    match chance.weighted(&[(40, 0), (25, 1), (12, 2), (8, 3), (10, 4), (5, 5)]) {
        0 => chance.below(60),
        1 => chance.below(400),
        2 => chance.below(3_000),
        3 => chance.below(13_000),
        // About when what was just granted is renewed, or ends.
        4 => {
            let due = chance.pick(&[renewal, setting.lifetime]);
            (due + chance.below(600)).saturating_sub(300).min(1_000_000)
        }
        _ => chance.below(long),
    }
}

fn act(setting: &Setting, chance: &mut Chance) -> Act {
    match chance.weighted(&[
        (24, 0),
        (12, 1),
        (8, 2),
        (3, 3),
        (8, 4),
        (4, 5),
        (3, 6),
        (4, 7),
        (7, 8),
        (12, 9),
        (4, 10),
        (7, 11),
        (2, 12),
        (2, 13),
        (1, 14),
        (3, 15),
        (7, 16),
        (2, 17),
        (1, 18),
        (1, 19),
        (4, 20),
    ]) {
        0 => Act::Fetch(chance.between(1, 4) as u8),
        1 => login(chance),
        2 => Act::Logout(chance.weighted(&[
            (3, Scope::Global),
            (2, Scope::Local),
            (1, Scope::Others),
        ])),
        3 => Act::Renew,
        4 => Act::Open,
        5 => Act::Close,
        6 => Act::Kill,
        7 => Act::Reload,
        8 => Act::Freeze,
        9 => Act::Thaw,
        10 => Act::Hide,
        11 => Act::Show,
        12 => Act::Distrust,
        13 => Act::Sleep(chance.pick(&[3_000, 20_000, setting.lifetime, 2 * setting.lifetime])),
        14 => Act::SetClock(chance.pick(&[-3_600_000, -5_000, 5_000, 3_600_000])),
        15 => chance.pick(&[Act::Offline, Act::Online, Act::Online]),
        16 => Act::Weather(chance.weighted(&[
            (4, Weather::Calm),
            (3, Weather::Slow),
            (3, Weather::Lossy),
            (1, Weather::Broken),
        ])),
        17 => Act::Recreate,
        18 => Act::Forbid,
        19 => Act::SetSession {
            user: chance.below(u64::from(USERS)) as u8,
        },
        _ => Act::Lags(Lags {
            lock: chance.pick(&[0, 2, 2, 50]),
            channel: chance.pick(&[1, 4, 4, 45, 300]),
            storage: chance.pick(&[1, 6, 6, 60, 400]),
        }),
    }
}

/// Somebody signs in, mostly with the right password.
pub(crate) fn login(chance: &mut Chance) -> Act {
    Act::Login {
        user: chance.weighted(&[(3, 0), (2, 1), (1, 2)]) % USERS,
        right: chance.percent(90),
    }
}
