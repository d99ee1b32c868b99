//! Every short life: where the random ones only come by chance, these have been everywhere.
//!
//! The steps are those that make and settle what the server still has to be told, since that is where the order of
//! few steps matters most; what is in the way of time is the next timer, which rings when it is due.

use evertoken_core::Duration;

use evertoken_core::{Code, Failure, Scope};

use super::script::{Answer, End, Grant, Start, Step};
use super::shell::Shell;

/// How long a short life is: each step more makes nine times as many.
const STEPS: u32 = 5;

static ALPHABET: [Step; 9] = [
    Step::Login,
    Step::Refresh,
    Step::Logout(Scope::Global),
    Step::Logout(Scope::Local),
    Step::Answer(Answer::Granted(Grant(Some("a"), Some(900), None))),
    Step::Answer(Answer::Ended),
    Step::Answer(Answer::Failed(Failure::new(Code::Network))),
    Step::Answer(Answer::Failed(Failure::new(Code::InvalidCredentials))),
    Step::Ring(Duration::ZERO),
];

/// Shows itself if it went wrong.
struct Life(Vec<&'static Step>, End);

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{:?}, and then {:?}", self.0, self.1);
        }
    }
}

#[test]
fn every_short_life_of_a_session_is_as_the_model_says() {
    let letters = ALPHABET.len();
    for number in 0..letters.pow(STEPS) {
        let places = (0..STEPS).map(|place| number / letters.pow(place) % letters);
        for end in [End::Answered, End::Silent] {
            let mut shell = Shell::new(&Start {
                restore: false,
                random_keys: true,
                seed: 0,
                end,
            });
            let mut life = Life(vec![], end);
            for step in places.clone().map(|letter| &ALPHABET[letter]) {
                life.0.push(step);
                shell.play(step);
                shell.check();
            }
            shell.come_to_rest(end);
        }
    }
}
