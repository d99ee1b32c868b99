//! Where the sessions of the tests' servers are: in memory. The same tests run once more with another
//! file in the place of this one (`tests/redis`).

use evertoken_mock::Options;

pub struct Backing;

impl Backing {
    pub fn of(options: Options) -> (Options, Self) {
        (options, Self)
    }
}

/// How often two hundred presentations race each other: a hundred thousand in all.
pub const RACES: usize = 500;
