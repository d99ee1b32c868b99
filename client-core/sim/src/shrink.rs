//! Makes a failing world small: takes away what is done in it, then what it is made of, for as long as the same law is
//! broken. Since chance belongs to things and not to an order, what is left goes on as before.

use crate::script::{Act, Lags, Script, Setting, Weather};
use crate::world::{Broken, Law, play};

/// More worlds are not tried; what is left then is small enough to read.
const MOST_TRIES: usize = 3_000;

/// The smallest script found that breaks the same law, and how it does.
#[must_use]
pub fn shrink(script: &Script, broken: &Broken) -> (Script, Broken) {
    let mut shrinker = Shrinker {
        best: script.clone(),
        broken: broken.clone(),
        law: broken.law,
        tries: 0,
    };
    loop {
        let before = (shrinker.best.steps.len(), shrinker.best.setting.places);
        shrinker.without_steps();
        shrinker.with_simpler_setting();
        shrinker.with_simpler_steps();
        let after = (shrinker.best.steps.len(), shrinker.best.setting.places);
        if before == after || shrinker.tries >= MOST_TRIES {
            return (shrinker.best, shrinker.broken);
        }
    }
}

struct Shrinker {
    best: Script,
    broken: Broken,
    law: Law,
    tries: usize,
}

impl Shrinker {
    /// Keeps this script if it breaks the same law.
    fn tries(&mut self, script: Script) -> bool {
        if self.tries >= MOST_TRIES {
            return false;
        }
        self.tries += 1;
        match play(&script, false).broken {
            Some(broken) if broken.law == self.law => {
                self.best = script;
                self.broken = broken;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Half of the steps, a quarter, and so on down to each (Zeller and Hildebrandt 2002, less its complements).
    fn without_steps(&mut self) {
        let mut size = self.best.steps.len().div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < self.best.steps.len() {
                let mut script = self.best.clone();
                let end = (start + size).min(script.steps.len());
                script.steps.drain(start..end);
                if !self.tries(script) {
                    start += size;
                }
            }
            size /= 2;
        }
    }

    fn with_simpler_setting(&mut self) {
        let good = Setting::default();
        let simpler: [fn(&mut Setting, &Setting); 9] = [
            |setting, _| setting.steady = true,
            |setting, good| setting.locks = good.locks,
            |setting, good| setting.channel = good.channel,
            |setting, good| setting.shares = good.shares,
            |setting, good| setting.storage = good.storage,
            |setting, good| setting.keys = good.keys,
            |setting, good| setting.restore = good.restore,
            |setting, good| setting.refresh_ttl = good.refresh_ttl,
            |setting, _| setting.places = setting.places.saturating_sub(1).max(1),
        ];
        for make in simpler {
            let mut script = self.best.clone();
            make(&mut script.setting, &good);
            let places = script.setting.places;
            script.steps.retain(|step| step.place < places);
            self.tries(script);
        }
    }

    fn with_simpler_steps(&mut self) {
        for number in 0..self.best.steps.len() {
            let simpler = match self.best.steps[number].act {
                Act::Fetch(n) if n > 1 => Act::Fetch(1),
                Act::Reload => Act::Close,
                Act::Weather(weather) if weather != Weather::Slow => Act::Weather(Weather::Slow),
                Act::Lags(lags) if lags != Lags::SHORT => Act::Lags(Lags::SHORT),
                _ => continue,
            };
            let mut script = self.best.clone();
            script.steps[number].act = simpler;
            self.tries(script);
        }
    }
}
