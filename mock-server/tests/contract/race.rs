//! Any number of presentations of one token at once.
//!
//! The successor is a function of the record, so a broken step would give two winners the *same* token:
//! what is counted is answers and rotations.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::backing::RACES;
use crate::rig::Mock;

const PRESENTATIONS: usize = 200;
const ROUNDS_WITH_KEY: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_at_once_exactly_one_rotates_and_the_rest_are_reuse() {
    let mock = Arc::new(Mock::new());
    for round in 1..=RACES {
        let (browser, _) = mock.signed_in("user@example.com").await;
        let answers = present_at_once(&mock, &browser.jar.unwrap(), None).await;
        assert_eq!(
            answers.iter().filter(|status| **status == 200).count(),
            1,
            "round {round}"
        );
        assert_eq!(
            answers.iter().filter(|status| **status == 401).count(),
            PRESENTATIONS - 1
        );
        let counters = mock.root().counters();
        assert_eq!(
            (counters.rotations, counters.refresh.ok, counters.reuse),
            (round as u64, round as u64, round as u64)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_with_the_key_exactly_one_rotates_and_the_rest_are_told_the_same() {
    let mock = Arc::new(Mock::new());
    for round in 1..=ROUNDS_WITH_KEY {
        let (browser, login) = mock.signed_in("user@example.com").await;
        let answers = present_at_once(&mock, &browser.jar.unwrap(), Some(login.key())).await;
        let counters = mock.root().counters();
        assert_eq!(counters.rotations, round as u64);
        assert_eq!(
            answers.iter().filter(|status| **status == 200).count(),
            101,
            "one and its hundred replays"
        );
    }
}

async fn present_at_once(mock: &Arc<Mock>, cookie: &str, key: Option<String>) -> Vec<u16> {
    let barrier = Arc::new(Barrier::new(PRESENTATIONS));
    let mut tasks = JoinSet::new();
    for _ in 0..PRESENTATIONS {
        let (mock, barrier, cookie, key) = (
            mock.clone(),
            barrier.clone(),
            cookie.to_owned(),
            key.clone(),
        );
        tasks.spawn(async move {
            barrier.wait().await;
            mock.present(&cookie, key.as_deref()).await.status
        });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_the_body_too_exactly_one_of_two_hundred_rotates() {
    let mock = Arc::new(Mock::new());
    let login = "grant_type=password&username=user@example.com&password=password";
    for round in 1..=10 {
        let token = mock.form("/auth/token", login).await.text("refresh_token");
        let barrier = Arc::new(Barrier::new(PRESENTATIONS));
        let mut tasks = JoinSet::new();
        for _ in 0..PRESENTATIONS {
            let (mock, barrier, token) = (mock.clone(), barrier.clone(), token.clone());
            tasks.spawn(async move {
                barrier.wait().await;
                let body = format!("grant_type=refresh_token&refresh_token={token}");
                mock.form("/auth/token", &body).await.status
            });
        }
        let answers = tasks.join_all().await;
        let won = answers.iter().filter(|status| **status == 200).count();
        assert_eq!((won, mock.root().counters().rotations), (1, round));
    }
}
