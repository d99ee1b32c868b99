//! Waits for JavaScript's promises, one after the other.
//!
//! With `await` an exchange reads as one sentence. What runs it is no more than that takes: it is polled when the promise
//! that it waits for is settled. `wasm-bindgen-futures`, which has a queue, wakers and two callbacks for each promise,
//! is for what Rust front ends await (`client.rs`); here it would weigh 1.5 KB of brotli more.

use std::cell::Cell;
use std::future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    /// Calls `settled` with what a promise brings, or with `null` if it is rejected.
    fn when(promise: &JsValue, settled: &JsValue);
}

/// Where a sentence leaves the promise that it waits for, and finds what that brought.
#[derive(Clone, Default)]
pub(crate) struct Wait(Rc<Cell<JsValue>>);

impl Wait {
    /// What `promise` brings; nothing if it is rejected, or brings `null`.
    pub(crate) fn brings(&self, promise: Promise) -> impl Future<Output = Option<JsValue>> + use<> {
        let Self(place) = self.clone();
        let mut promise = Some(promise);
        future::poll_fn(move |_| match promise.take() {
            Some(promise) => {
                place.set(promise.into());
                Poll::Pending
            }
            None => Poll::Ready(Some(place.take()).filter(|brought| !brought.is_null())),
        })
    }
}

/// Runs a sentence, which waits for nothing but what its [`Wait`] brings.
pub(crate) fn run<F: Future<Output = ()> + 'static>(sentence: impl FnOnce(Wait) -> F) {
    let wait = Wait::default();
    go_on(Box::pin(sentence(wait.clone())), wait);
}

fn go_on<F: Future<Output = ()> + 'static>(mut sentence: Pin<Box<F>>, wait: Wait) {
    let mut nobody = Context::from_waker(Waker::noop());
    if sentence.as_mut().poll(&mut nobody).is_pending() {
        let promise = wait.0.take();
        // It is called once. (`Closure::once` would weigh 0.15 KB more.)
        let left = Cell::new(Some((sentence, wait)));
        let settled = Closure::<dyn Fn(JsValue)>::new(move |brought| {
            if let Some((sentence, wait)) = left.take() {
                wait.0.set(brought);
                go_on(sentence, wait);
            }
        });
        when(&promise, &settled.into_js_value());
    }
}
