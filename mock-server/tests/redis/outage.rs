//! Redis goes away, hangs, comes back, or has forgotten something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use crate::process::{Process, get, introduce, login, refresh, send};
use crate::proxy::Proxy;
use crate::rig::Mock;
use crate::running::Running;
use crate::server::Redis;
use crate::shared::on_redis;

/// Clients that refresh all the time, each as a user of its own.
const CLIENTS: usize = 8;

/// How often Redis is killed, and how many refreshes there are between.
const KILLS: usize = 3;
const BETWEEN: usize = 200;

#[tokio::test]
async fn while_redis_is_down_it_is_503_and_no_cookie_is_touched_and_then_it_goes_on_by_itself() {
    let mut redis = Redis::durable();
    let process = Process::start(&redis.url());
    let grant = process.login("user@example.com").await;
    let access = grant.json()["accessToken"].as_str().unwrap().to_owned();
    let me = get("/auth/me").replace(
        "\r\n\r\n",
        &format!("\r\nAuthorization: Bearer {access}\r\n\r\n"),
    );
    for _ in 0..2 {
        redis.kill();
        for request in [
            refresh(&grant.cookie(), Some(&grant.key())),
            refresh(&grant.cookie(), None),
            login("user@example.com"),
            send("POST", "/auth/logout", Some(&grant.cookie()), &json!({})),
            get("/__mock/families"),
            send("POST", "/__mock/reset", None, &json!({})),
        ] {
            let reply = process.ask(&request).await;
            assert!(reply.is_unavailable(), "{request} {reply:?}");
        }
        assert_eq!(process.ask(&me).await.status, 200, "it needs no store");
        redis.bring_back();
        let families = process.ask(&get("/__mock/families")).await;
        assert_eq!(families.status, 200, "the first request after it came back");
    }
    let refreshed = process
        .ask(&refresh(&grant.cookie(), Some(&grant.key())))
        .await;
    assert_eq!(refreshed.status, 200);
    let counters = process.counters().await;
    let refresh = json!({ "ok": 1, "replayed": 0, "superseded": 0, "denied": 0, "limited": 0 });
    assert_eq!(counters["refresh"], refresh);
    assert_eq!(
        (&counters["login"]["ok"], &counters["logout"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_server_may_start_before_its_redis() {
    let mut redis = Redis::durable();
    redis.kill();
    let process = Process::start(&redis.url());
    assert!(
        process
            .ask(&login("user@example.com"))
            .await
            .is_unavailable()
    );
    redis.bring_back();
    process.login("user@example.com").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_in_the_middle_of_a_run_signs_nobody_out_and_rotates_nobody_twice() {
    let mut redis = Redis::durable();
    let processes = Arc::new([Process::start(&redis.url()), Process::start(&redis.url())]);
    introduce(&*processes, "client", CLIENTS).await;
    let run = Arc::new(Run::default());
    let mut clients = JoinSet::new();
    for n in 0..CLIENTS {
        let (processes, run) = (processes.clone(), run.clone());
        clients.spawn(async move { client(n, &*processes, &run).await });
    }

    for kill in 1..=KILLS {
        run.until(|| run.granted(BETWEEN * kill)).await;
        redis.kill();
        let turned_away = run.refused.load(Ordering::SeqCst);
        run.until(|| run.refused.load(Ordering::SeqCst) > turned_away + CLIENTS)
            .await;
        redis.bring_back();
    }
    run.until(|| run.granted(BETWEEN * (KILLS + 1))).await;
    run.over.store(true, Ordering::SeqCst);
    let mut granted = clients.join_all().await;
    granted.sort_unstable();

    let families = processes[0].ask(&get("/__mock/families")).await.json();
    let mut rotated: Vec<usize> = families
        .as_array()
        .unwrap()
        .iter()
        .map(|family| {
            assert_eq!(family["status"], "alive", "{family}");
            usize::try_from(family["seq"].as_u64().unwrap()).unwrap() - 1
        })
        .collect();
    rotated.sort_unstable();
    assert_eq!(
        rotated, granted,
        "as Redis has it, every 200 is one rotation"
    );

    let mut sums = [0; 3];
    for process in processes.iter() {
        let counters = process.counters().await;
        assert_eq!(
            (&counters["reuse"], &counters["refresh"]["denied"]),
            (&json!(0), &json!(0))
        );
        sums[0] += counters["rotations"].as_u64().unwrap();
        sums[1] += counters["refresh"]["ok"].as_u64().unwrap();
        sums[2] += counters["refresh"]["replayed"].as_u64().unwrap();
    }
    // A commit that Redis did and could not say so any more is not counted; its repeat is a replay.
    assert_eq!(sums[0], sums[1]);
    assert_eq!(sums[1] + sums[2], granted.iter().sum::<usize>() as u64);
    assert!(sums[2] <= (KILLS * CLIENTS) as u64);
}

/// What clients and whoever kills Redis know of each other.
#[derive(Default)]
struct Run {
    granted: AtomicUsize,
    refused: AtomicUsize,
    over: AtomicBool,
}

impl Run {
    fn granted(&self, enough: usize) -> bool {
        self.granted.load(Ordering::SeqCst) >= enough
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        let waiting = async {
            while !holds() {
                tokio::task::yield_now().await;
            }
        };
        // Far longer than it takes: what hangs fails.
        let patience = Duration::from_secs(120);
        tokio::time::timeout(patience, waiting).await.unwrap();
    }
}

/// Refreshes at one process and the other, and repeats what was not answered with the same token and
/// key. How many were granted.
async fn client(n: usize, processes: &[Process], run: &Run) -> usize {
    let mut wires = [processes[0].connect().await, processes[1].connect().await];
    let mut grant = wires[n % 2]
        .ask(&login(&format!("client-{n}@example.com")))
        .await;
    let mut granted = 0;
    for turn in n.. {
        if run.over.load(Ordering::SeqCst) {
            break;
        }
        let request = refresh(&grant.cookie(), Some(&grant.key()));
        let reply = wires[turn % 2].ask(&request).await;
        if reply.status == 200 {
            granted += 1;
            run.granted.fetch_add(1, Ordering::SeqCst);
            grant = reply;
        } else {
            assert!(reply.is_unavailable(), "{reply:?}");
            run.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
    granted
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_four_seconds_and_what_it_did_late_is_repeated() {
    let near = Mock::new();
    let proxy = Proxy::to(&near.backing.redis().url()).await;
    let far = on_redis(&proxy.url());
    let (browser, login) = near.signed_in("user@example.com").await;
    let (cookie, key) = (browser.jar.unwrap(), login.key());
    // The connection is there, so that what follows is the script alone.
    assert!(far.root().families().await.is_ok());

    let (has_come, let_go) = proxy.hold_next_script();
    let hang = async {
        has_come.await.unwrap();
        // From here on nobody has anything to do but wait, and the clock jumps.
        tokio::time::pause();
        tokio::time::Instant::now()
    };
    let ask = || far.present(&cookie, Some(&key));
    let (answer, began, second, third) = tokio::join!(ask(), hang, ask(), ask());
    let took = began.elapsed();
    tokio::time::resume();
    // Those who had to wait behind it do not wait as long once more.
    assert_eq!((second.status, third.status), (503, 503));
    assert!((3..=4).contains(&took.as_secs()), "{took:?}");
    answer.refuses(
        StatusCode::SERVICE_UNAVAILABLE,
        "temporarily_unavailable",
        None,
    );
    assert!(answer.header("retry-after") == Some("1") && answer.set_cookie().is_none());
    assert_eq!(far.root().counters().rotations, 0);

    let_go.send(()).unwrap();
    // Behind the script on the same connection, so after it.
    let families = far.root().families().await.unwrap();
    assert_eq!(families[0].seq, 2, "it was done all the same");
    let again = ask().await;
    assert_eq!(again.status, 200);
    assert_eq!(far.root().counters().refresh.replayed, 1);
}

#[test]
fn a_redis_that_is_part_of_a_cluster_is_503_and_the_log_says_what_to_give_instead() {
    let redis = Redis::in_a_cluster();
    let url = redis.url();
    let server = Running::start(
        &["--store", &url, "--issuer", "https://auth.example.com"],
        &[
            ("JWT_ACCESS_SECRET", "a secret for access tokens, and long"),
            (
                "JWT_REFRESH_SECRET",
                "a secret for refresh tokens, and long",
            ),
        ],
    );
    assert!(server.login().starts_with("HTTP/1.1 503"));
    let (_, _, log) = server.stop("-TERM");
    assert!(
        log.contains("cluster") && log.contains("stands alone"),
        "{log}"
    );
}

#[tokio::test]
async fn a_redis_that_lost_a_write_makes_an_honest_client_come_from_the_future() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    let redis = mock.backing.redis();
    let names: Vec<String> = redis.ask(&["KEYS", "*:family:*"]);
    let older: String = redis.ask(&["GET", &names[0]]);
    let newer = browser.refresh().await;
    let () = redis.ask(&["SET", &names[0], &older]);
    browser.refresh_with(&newer.key()).await.refuses(
        StatusCode::UNAUTHORIZED,
        "invalid_grant",
        Some("revoked"),
    );
}
