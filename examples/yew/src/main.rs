//! A Yew app that stays signed in: the Rust API, with no JavaScript of its own.
//!
//! There is one client, made before anything is rendered and handed down as a context. What is rendered follows its
//! session: `use_session` subscribes and gives the value as it is now.

mod session;

use evertoken::{AuthClient, Options, Reason, Scope, View};
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlInputElement, Request, Response};
use yew::prelude::*;

use crate::session::{Auth, use_auth, use_session};

fn main() {
    let origin = web_sys::window().and_then(|window| window.location().origin().ok());
    // Of a page, the origin is an address; what else could be wrong with the options is said here, once.
    let client = AuthClient::new(Options::new(origin.unwrap_or_default()));
    yew::Renderer::<App>::with_props(AppProps {
        auth: Auth(client.expect("the options are right")),
    })
    .render();
}

#[derive(Properties, PartialEq)]
struct AppProps {
    auth: Auth,
}

#[component]
fn App(props: &AppProps) -> Html {
    html! {
        <ContextProvider<Auth> context={props.auth.clone()}>
            <main>
                <h1>{ "Yew" }</h1>
                <Page />
            </main>
        </ContextProvider<Auth>>
    }
}

/// What there is to see, by the session.
#[component]
fn Page() -> Html {
    match use_session() {
        View::SignedIn { .. } => html! { <Account /> },
        View::SignedOut(reason) => html! { <Login {reason} /> },
        // The same form: what it says if the login is refused, it says where it was asked.
        View::SigningIn => html! { <Login /> },
        View::Restoring { .. } | View::SigningOut => html! {
            <p id="who" role="status">{ "One moment…" }</p>
        },
    }
}

#[derive(Properties, PartialEq)]
struct LoginProps {
    /// Why nobody is signed in; none while somebody signs in.
    #[prop_or_default]
    reason: Option<Reason>,
}

#[component]
fn Login(props: &LoginProps) -> Html {
    let auth = use_auth();
    let problem = use_state(String::new);
    let (email, password) = (use_node_ref(), use_node_ref());
    let onsubmit = {
        let (email, password) = (email.clone(), password.clone());
        let problem = problem.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (auth, problem) = (auth.clone(), problem.clone());
            let credentials = object(&[("email", &text(&email)), ("password", &text(&password))]);
            spawn_local(async move {
                if let Err(error) = auth.0.login(credentials).await {
                    problem.set(error.to_string());
                }
            });
        })
    };
    let why = match props.reason {
        None => "One moment…",
        Some(Reason::Logout) => "You are signed out.",
        Some(_) => "You are not signed in.",
    };
    html! {
        <form id="login" {onsubmit}>
            <p id="who" role="status">{ why }</p>
            <label>
                { "E-mail" }
                <input ref={email} type="email" autocomplete="username" value="user@example.com" required=true />
            </label>
            <label>
                { "Password" }
                <input ref={password} type="password" autocomplete="current-password" value="password" required=true />
            </label>
            <p id="problem" class="problem" role="alert">{ &*problem }</p>
            <button class="main">{ "Sign in" }</button>
        </form>
    }
}

#[component]
fn Account() -> Html {
    let auth = use_auth();
    let answer = use_state(|| "Nothing asked yet.".to_owned());
    let asked = use_mut_ref(|| 0);
    let ask = {
        let (auth, answer) = (auth.clone(), answer.clone());
        Callback::from(move |_| {
            let (auth, answer) = (auth.clone(), answer.clone());
            *asked.borrow_mut() += 1;
            let number = *asked.borrow();
            spawn_local(async move {
                let said = me(&auth.0).await.unwrap_or_else(|problem| problem);
                answer.set(format!("Answer {number}: {said}"));
            });
        })
    };
    let logout = {
        let auth = auth.clone();
        Callback::from(move |_| {
            let auth = auth.clone();
            // Signed out here it is at once; a server that could not be told is told later.
            spawn_local(async move { drop(auth.0.logout(Scope::Local).await) });
        })
    };
    let (user, _claims) = auth.0.user();
    html! {
        <>
            <p id="who" role="status">{ format!("Signed in as {}.", member(&user, "email")) }</p>
            <div class="row">
                <button id="ask" class="main" onclick={ask}>{ "Ask who I am" }</button>
                <button id="logout" onclick={logout}>{ "Sign out" }</button>
            </div>
            <pre id="answer" role="status">{ &*answer }</pre>
        </>
    }
}

/// Asks the backend, with a token that is always fresh; either way there is something to say.
async fn me(auth: &AuthClient) -> Result<String, String> {
    let request = Request::new_with_str("/auth/me").map_err(|_| "The address is wrong.")?;
    let response: Response = auth
        .fetch(&request)
        .await
        .map_err(|error| error.to_string())?;
    let body = response.json().map_err(|_| "The answer was read before.")?;
    let body = JsFuture::from(body)
        .await
        .map_err(|_| "The answer is not JSON.")?;
    Ok(format!(
        "{}, {}",
        member(&body, "email"),
        member(&body, "role")
    ))
}

fn text(input: &NodeRef) -> String {
    input
        .cast::<HtmlInputElement>()
        .map_or_else(String::new, |input| input.value())
}

fn object(members: &[(&str, &str)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // A new object takes every member.
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object.unchecked_into()
}

fn member(object: &JsValue, name: &str) -> String {
    let value = Reflect::get(object, &name.into()).ok();
    value
        .and_then(|value| value.as_string())
        .unwrap_or_default()
}
