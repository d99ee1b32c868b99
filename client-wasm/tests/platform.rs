//! Locks, the channel between tabs, the storage and the events of a page: each as it is, missing, refusing and saying
//! nonsense, in a real browser with a scripted platform. What several tabs make of them together is tested with
//! windows, in `tests` at the top.

#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say so by panicking"
)]

mod support;

use std::cell::Cell;
use std::rc::Rc;

use evertoken::{AuthClient, Options, Reason, Scope, View};
use support::{Backend, Platform, client_with, credentials, me, sleep, turn};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A page with a client that talks to other tabs, on a scripted platform.
struct Page {
    platform: Platform,
    backend: Backend,
    auth: AuthClient,
}

impl Page {
    fn open(platform: Platform) -> Self {
        Self::open_with(platform, |_| ())
    }

    fn open_with(platform: Platform, change: impl FnOnce(&mut Options)) -> Self {
        let backend = Backend::new();
        let auth = beside(&backend, change);
        Self {
            platform,
            backend,
            auth,
        }
    }

    async fn signed_in() -> Self {
        let page = Self::open(Platform::new());
        page.login().await;
        page
    }

    /// Signs in; whatever lock is asked for is granted.
    async fn login(&self) {
        let auth = self.auth.clone();
        let ended = begin(async move { auth.login(credentials()).await.unwrap() });
        self.until(&ended).await;
    }

    async fn until(&self, ended: &Cell<bool>) {
        for _ in 0..10_000 {
            if ended.get() {
                return;
            }
            self.platform.grant();
            turn().await;
        }
        panic!("it never ends");
    }

    /// Lets everything happen that can happen at once.
    async fn settles(&self) {
        for _ in 0..20 {
            self.platform.grant();
            turn().await;
        }
    }

    fn is_signed_in(&self) -> bool {
        matches!(self.auth.session(), View::SignedIn { .. })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.auth.dispose();
        self.platform.restore();
    }
}

/// Another client of the same page and backend.
fn beside(backend: &Backend, change: impl FnOnce(&mut Options)) -> AuthClient {
    client_with(backend, |options| {
        options.cross_tab = true;
        change(options);
    })
}

/// Whether it has ended, once it has.
fn begin(call: impl Future<Output = ()> + 'static) -> Rc<Cell<bool>> {
    let ended = Rc::new(Cell::new(false));
    let told = Rc::clone(&ended);
    spawn_local(async move {
        call.await;
        told.set(true);
    });
    ended
}

#[wasm_bindgen_test]
async fn an_exchange_goes_out_once_its_lock_is_held_which_is_given_back_with_the_answer() {
    let page = Page::open(Platform::new());
    let auth = page.auth.clone();
    page.backend.hold("/auth/login");
    let ended = begin(async move { auth.login(credentials()).await.unwrap() });
    turn().await;
    assert_eq!(page.platform.waiting(), 1);
    assert_eq!(page.backend.count("/auth/login"), 0);
    page.settles().await;
    assert_eq!(page.backend.count("/auth/login"), 1);
    assert_eq!(page.platform.held(), 1);
    page.backend.release("/auth/login");
    page.until(&ended).await;
    page.settles().await;
    assert_eq!(page.platform.held(), 0);
}

#[wasm_bindgen_test]
async fn who_is_disposed_of_waits_for_no_lock() {
    let page = Page::open(Platform::new());
    let auth = page.auth.clone();
    let ended = begin(async move { assert!(auth.login(credentials()).await.is_err()) });
    turn().await;
    assert_eq!(page.platform.waiting(), 1);
    page.auth.dispose();
    assert_eq!(page.platform.waiting(), 0);
    page.until(&ended).await;
    assert_eq!(page.backend.count("/auth/login"), 0);
}

#[wasm_bindgen_test]
async fn locks_that_are_missing_or_refuse_keep_nobody_waiting() {
    for change in [Platform::without_locks, Platform::refuse_locks] {
        let platform = Platform::new();
        change(&platform);
        let page = Page::open(platform);
        page.login().await;
        page.auth.refresh().await.unwrap();
        assert_eq!(page.auth.fetch(&me()).await.unwrap().status(), 200);
    }
}

#[wasm_bindgen_test]
async fn what_another_version_says_is_ignored() {
    let page = Page::signed_in().await;
    let before = page.platform.said().len();
    assert!(page.platform.talk_nonsense() > 10);
    page.settles().await;
    assert!(page.is_signed_in());
    assert_eq!(page.platform.said().len(), before, "nobody answers it");
    assert_eq!(page.auth.fetch(&me()).await.unwrap().status(), 200);
    assert_eq!(page.backend.count("/auth/refresh"), 0);
}

#[wasm_bindgen_test]
async fn tabs_are_told_of_a_login_and_of_its_token_only_where_they_share_it() {
    for shares in [true, false] {
        let page = Page::open_with(Platform::new(), |options| options.share_token = shares);
        page.login().await;
        let said = page.platform.said();
        assert_ne!(said, "[]");
        assert_eq!(said.contains("token-1"), shares, "{said}");
    }
}

#[wasm_bindgen_test]
async fn without_channels_one_signs_in_renews_and_signs_out_all_the_same() {
    let platform = Platform::new();
    platform.without_channels();
    let page = Page::open(platform);
    page.login().await;
    let auth = page.auth.clone();
    let ended = begin(async move {
        auth.refresh().await.unwrap();
        auth.logout(Scope::Global).await.unwrap();
    });
    page.until(&ended).await;
    assert_eq!(page.backend.count("/auth/refresh"), 1);
    assert_eq!(page.auth.session(), View::SignedOut(Reason::Logout));
}

#[wasm_bindgen_test]
async fn a_storage_that_is_forbidden_is_as_an_empty_one() {
    let platform = Platform::new();
    platform.forbid_storage();
    let page = Page::open(platform);
    page.login().await;
    assert_eq!(page.auth.fetch(&me()).await.unwrap().status(), 200);
    assert_eq!(page.platform.kept(), "[]");
}

#[wasm_bindgen_test]
async fn no_token_is_kept() {
    let page = Page::signed_in().await;
    let kept = page.platform.kept();
    assert!(
        kept.contains("api.test") && !kept.contains("token-1"),
        "{kept}"
    );
}

#[wasm_bindgen_test]
async fn a_logout_that_only_the_storage_tells_of_counts_when_it_tells_and_a_strangers_text_is_not_read()
 {
    let page = Page::signed_in().await;
    let other = beside(&page.backend, |_| ());
    let ended = begin(async move {
        other.logout(Scope::Global).await.unwrap();
        other.dispose();
    });
    page.until(&ended).await;
    let reads = page.platform.reads();
    page.platform.tell_of_storage(false);
    assert_eq!(page.platform.reads(), reads);
    assert!(page.is_signed_in());
    page.platform.tell_of_storage(true);
    assert_eq!(page.auth.session(), View::SignedOut(Reason::Logout));
}

#[wasm_bindgen_test]
async fn a_page_that_is_left_drops_its_wish_and_its_channel_and_takes_both_up_where_it_was_kept() {
    let page = Page::signed_in().await;
    let auth = page.auth.clone();
    let ended = begin(async move { auth.refresh().await.unwrap() });
    turn().await;
    assert_eq!((page.platform.waiting(), page.platform.channels()), (1, 1));
    page.platform.happens("pagehide");
    assert_eq!((page.platform.waiting(), page.platform.channels()), (0, 0));
    // A page that is loaded was not kept.
    page.platform.happens("pageshow");
    turn().await;
    assert_eq!((page.platform.waiting(), page.platform.channels()), (0, 0));
    page.platform.happens("pageshow kept");
    turn().await;
    assert_eq!((page.platform.waiting(), page.platform.channels()), (1, 1));
    page.until(&ended).await;
    assert_eq!(page.backend.count("/auth/refresh"), 1);
}

#[wasm_bindgen_test]
async fn a_renewal_that_fell_due_in_sleep_goes_out_when_the_page_is_looked_at_again() {
    let page = Page::signed_in().await;
    page.platform.happens("visibilitychange");
    page.settles().await;
    assert_eq!(page.backend.count("/auth/refresh"), 0);
    sleep(850_000.0);
    page.platform.happens("visibilitychange");
    page.settles().await;
    assert_eq!(page.backend.count("/auth/refresh"), 1);
}

#[wasm_bindgen_test]
async fn a_clock_that_is_set_back_neither_ends_nor_renews_anything() {
    let page = Page::signed_in().await;
    sleep(-7_200_000.0);
    page.platform.happens("visibilitychange");
    page.settles().await;
    assert!(page.is_signed_in());
    assert_eq!(page.auth.fetch(&me()).await.unwrap().status(), 200);
    assert_eq!(page.backend.count("/auth/refresh"), 0);
    sleep(7_200_000.0);
}

#[wasm_bindgen_test]
async fn who_is_offline_waits_for_the_network_before_it_tries_again() {
    let page = Page::open(Platform::new());
    // What carries a key may be sent again without being asked.
    page.backend.set_keys(true);
    page.login().await;
    page.platform.happens("offline");
    page.backend.script("/auth/refresh", 1, 0, "");
    let auth = page.auth.clone();
    let ended = begin(async move { assert!(auth.refresh().await.is_err()) });
    page.until(&ended).await;
    // Longer than who is online waits after a first failure.
    sleep(5_000.0);
    page.platform.happens("visibilitychange");
    page.settles().await;
    assert_eq!(page.backend.count("/auth/refresh"), 1);
    page.platform.happens("online");
    sleep(5_000.0);
    page.platform.happens("visibilitychange");
    page.settles().await;
    assert_eq!(page.backend.count("/auth/refresh"), 2);
}

#[wasm_bindgen_test]
async fn who_is_disposed_of_hears_nothing_and_holds_nothing() {
    let page = Page::signed_in().await;
    page.auth.dispose();
    assert_eq!((page.platform.channels(), page.platform.held()), (0, 0));
    let reads = page.platform.reads();
    page.platform.tell_of_storage(true);
    page.platform.happens("pageshow kept");
    sleep(850_000.0);
    page.platform.happens("visibilitychange");
    page.settles().await;
    assert_eq!(page.platform.reads(), reads);
    assert_eq!((page.platform.channels(), page.platform.waiting()), (0, 0));
    assert_eq!(page.backend.count("/auth/refresh"), 0);
}
