//! A delay lasts as long as it says, before or after the change is made. The world waits as long as the test
//! lets it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use evertoken_mock::world::{Sleep, Still};
use evertoken_mock::{Do, Options, Rule, State, World, app};
use tokio::sync::watch;

use crate::backing::Backing;
use crate::rig::{Mock, URL};

const DELAY: Duration = Duration::from_secs(60);

/// A still world in which a wait ends when the test has let that much time pass.
struct Held {
    still: Still,
    passed: watch::Sender<Duration>,
    longest: watch::Sender<Duration>,
}

impl World for Held {
    fn now(&self) -> Duration {
        self.still.now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.still.fill(bytes);
    }

    fn sleep(&self, time: Duration) -> Sleep {
        self.longest
            .send_modify(|longest| *longest = time.max(*longest));
        let mut passed = self.passed.subscribe();
        Box::pin(async move {
            passed.wait_for(|passed| *passed >= time).await.unwrap();
        })
    }
}

#[tokio::test]
async fn a_delayed_request_is_answered_when_its_time_is_up_and_changes_something_before_or_after_it()
 {
    let delay = Do::Delay(DELAY.as_millis().try_into().unwrap());
    for (rule, rotations) in [
        (Rule::new("/auth/refresh", delay.clone()), 0),
        (Rule::new("/auth/refresh", delay).after(), 1),
    ] {
        let world = Arc::new(Held {
            still: Still::new(7),
            passed: watch::Sender::default(),
            longest: watch::Sender::default(),
        });
        let (options, backing) = Backing::of(Options::default());
        let state = State::new(&options, world.clone(), URL).unwrap();
        let mock = Mock {
            app: app(state.clone()),
            state,
            backing,
        };
        let (mut browser, _) = mock.signed_in("user@example.com").await;
        mock.root().faults().set([rule]);

        let mut refresh = Box::pin(browser.refresh());
        let mut longest = world.longest.subscribe();
        tokio::select! {
            answer = &mut refresh => panic!("nothing was waited for: {answer:?}"),
            waits = longest.wait_for(|longest| *longest >= DELAY) => assert_eq!(*waits.unwrap(), DELAY),
        }
        assert_eq!(mock.root().counters().rotations, rotations);
        world.passed.send_replace(DELAY - Duration::from_millis(1));
        let early = poll_fn(|context| Poll::Ready(refresh.as_mut().poll(context))).await;
        assert!(early.is_pending());
        world.passed.send_replace(DELAY);
        assert_eq!(refresh.await.status, 200);
        assert_eq!(mock.root().counters().rotations, 1);
    }
}
