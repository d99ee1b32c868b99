//! The client as a context, and its session as a hook.

use evertoken::{AuthClient, View};
use yew::prelude::*;

/// The client, as Yew can hand it down: clones are the same client, and there is but one.
#[derive(Clone)]
pub struct Auth(pub AuthClient);

impl PartialEq for Auth {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The client of the nearest provider.
#[hook]
pub fn use_auth() -> Auth {
    use_context().expect("a ContextProvider<Auth> is around the app")
}

/// The session as it is now; the component renders again when it changes.
#[hook]
pub fn use_session() -> View {
    let auth = use_auth();
    let update = use_force_update();
    let listening = auth.clone();
    use_effect_with((), move |()| {
        // It may have changed since this was rendered, and nobody listened yet.
        update.force_update();
        let subscription = listening.0.subscribe(move || update.force_update());
        // Until the component is gone.
        move || drop(subscription)
    });
    auth.0.session()
}
