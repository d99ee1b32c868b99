//! Any number of presentations of one token at once, to two processes on one Redis.
//!
//! The successor is a function of the record, so a broken step would give two winners the *same* token:
//! what is counted is answers and rotations.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::process::{Process, Wire, introduce, login, refresh};
use crate::server::Redis;

/// Users whose tokens are presented side by side: as many as keep two processes and Redis busy.
const USERS: usize = 8;

/// Connections that present one token at once, half of them to either process.
const CONNECTIONS: usize = 10;

/// Presentations that follow each other on a connection without waiting for an answer.
const IN_A_ROW: usize = 5;

const AT_ONCE: usize = CONNECTIONS * IN_A_ROW;

/// Each user's tokens that are presented: a hundred thousand presentations in all.
const ROUNDS: usize = 100_000 / USERS / AT_ONCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_thousand_presentations_to_two_processes_one_of_each_fifty_rotates() {
    let redis = Redis::start();
    let processes = Arc::new([Process::start(&redis.url()), Process::start(&redis.url())]);
    introduce(&*processes, "racer", USERS).await;
    let mut racers = JoinSet::new();
    for user in 0..USERS {
        let processes = processes.clone();
        racers.spawn(async move {
            let mut wires = Vec::new();
            for n in 0..CONNECTIONS {
                wires.push(processes[n % 2].connect().await);
            }
            let email = format!("racer-{user}@example.com");
            for round in 0..ROUNDS {
                let token = wires[round % 2].ask(&login(&email)).await.cookie();
                let (won, reuse) = present(&mut wires, &refresh(&token, None)).await;
                assert_eq!((won, reuse), (1, AT_ONCE - 1), "round {round} of {email}");
            }
        });
    }
    racers.join_all().await;
    let all = (USERS * ROUNDS) as u64;
    assert_eq!(all * AT_ONCE as u64, 100_000);
    let mut counted = [0; 4];
    for process in processes.iter() {
        let counters = process.counters().await;
        for (sum, count) in counted.iter_mut().zip([
            &counters["rotations"],
            &counters["refresh"]["ok"],
            &counters["reuse"],
            &counters["refresh"]["denied"],
        ]) {
            *sum += count.as_u64().unwrap();
        }
    }
    assert_eq!(counted, [all, all, all, 100_000 - all]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_key_one_rotates_and_all_are_told_the_same_token_by_either_process() {
    let redis = Redis::start();
    let processes = [Process::start(&redis.url()), Process::start(&redis.url())];
    let mut wires = Vec::new();
    for n in 0..CONNECTIONS {
        wires.push(processes[n % 2].connect().await);
    }
    for round in 1..=10 {
        let grant = processes[0].login("user@example.com").await;
        let request = refresh(&grant.cookie(), Some(&grant.key()));
        let mut told = Vec::new();
        for reply in replies(&mut wires, &request).await {
            assert_eq!(reply.0, 200);
            told.push(reply.1);
        }
        told.dedup();
        assert_eq!(told.len(), 1);
        let mut rotations = 0;
        for process in &processes {
            rotations += process.counters().await["rotations"].as_u64().unwrap();
        }
        assert_eq!(rotations, round);
    }
}

/// How many of the answers are 200, and how many are reuse.
async fn present(wires: &mut [Wire], request: &str) -> (usize, usize) {
    let replies = replies(wires, request).await;
    let count = |status| replies.iter().filter(|reply| reply.0 == status).count();
    (count(200), count(401))
}

/// Every connection sends it several times over before any answer is read: status and new token of each.
async fn replies(wires: &mut [Wire], request: &str) -> Vec<(u16, Option<String>)> {
    let in_a_row = request.repeat(IN_A_ROW);
    for wire in &mut *wires {
        wire.send(&in_a_row).await;
    }
    let mut replies = Vec::new();
    for wire in wires {
        for _ in 0..IN_A_ROW {
            let reply = wire.reply().await;
            let token = (reply.status == 200).then(|| reply.cookie());
            replies.push((reply.status, token));
        }
    }
    replies
}
