//! The table, row by row.

use super::*;

const LONG: u64 = 1_000_000_000;

fn server(keys: Keys) -> Server {
    Server::new(keys, 900_000, LONG, true)
}

struct Client<'a> {
    server: &'a mut Server,
    marks: Marks,
}

impl Client<'_> {
    fn login(&mut self, user: u8, cookie: Option<Cookie>) -> (Cookie, Token) {
        let ask = Ask::Login {
            user,
            right: true,
            login: 0,
        };
        granted(self.server.serve(0, &ask, cookie, &mut self.marks))
    }

    fn refresh(&mut self, cookie: Option<Cookie>, key: Option<&str>) -> (Reply, SetCookie) {
        let ask = Ask::Refresh {
            key: key.map(Into::into),
        };
        self.server.serve(0, &ask, cookie, &mut self.marks)
    }

    fn logout(&mut self, scope: Scope, cookie: Cookie) {
        self.server
            .serve(0, &Ask::Logout(scope), Some(cookie), &mut self.marks);
    }
}

fn on(server: &mut Server) -> Client<'_> {
    Client {
        server,
        marks: Marks::default(),
    }
}

fn granted(answer: (Reply, SetCookie)) -> (Cookie, Token) {
    match answer {
        (Reply::Granted { token, .. }, SetCookie::Set(cookie)) => (cookie, token),
        other => panic!("not granted: {other:?}"),
    }
}

fn reason(answer: (Reply, SetCookie)) -> Option<Reason> {
    match answer.0 {
        Reply::Denied { reason, .. } => reason,
        other => panic!("not denied: {other:?}"),
    }
}

fn at(family: u32, seq: u32) -> Option<Cookie> {
    Some(Cookie { family, seq })
}

#[test]
fn the_present_token_brings_its_successor() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    let (cookie, _) = client.login(0, None);
    let (next, _) = granted(client.refresh(Some(cookie), Some("1.of.0")));
    assert_eq!(Some(next), at(0, 2));
}

#[test]
fn a_repeat_with_the_key_of_its_generation_brings_the_same_successor() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    for _ in 0..2 {
        let (next, _) = granted(client.refresh(at(0, 1), Some("1.of.0")));
        assert_eq!(Some(next), at(0, 2));
    }
}

#[test]
fn a_newest_key_beside_an_old_token_brings_the_present_token_again() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    granted(client.refresh(at(0, 1), Some("1.of.0")));
    granted(client.refresh(at(0, 2), Some("2.of.0")));
    let (same, _) = granted(client.refresh(at(0, 1), Some("3.of.0")));
    assert_eq!(Some(same), at(0, 3));
}

#[test]
fn an_old_copy_of_an_honest_request_is_superseded_and_touches_no_cookie() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    granted(client.refresh(at(0, 1), Some("1.of.0")));
    granted(client.refresh(at(0, 2), Some("2.of.0")));
    let copy = client.refresh(at(0, 1), Some("1.of.0"));
    assert_eq!(copy, (Reply::Superseded, SetCookie::Keep));
}

#[test]
fn a_spent_token_without_a_key_is_reuse_and_ends_everything_of_its_user() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    client.login(0, None);
    client.login(1, None);
    granted(client.refresh(at(0, 1), Some("1.of.0")));
    let answer = client.refresh(at(0, 1), None);
    assert_eq!(answer.1, SetCookie::Clear);
    assert_eq!(reason(answer), Some(Reason::Reuse));
    assert_eq!(server.reuses, 1);
    assert!(!server.is_alive(0, 0) && !server.is_alive(0, 1) && server.is_alive(0, 2));
}

#[test]
fn whoever_spends_a_token_without_a_key_leaves_older_keys_without_a_voice() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    granted(client.refresh(at(0, 1), None));
    let answer = client.refresh(at(0, 1), Some("1.of.0"));
    assert_eq!(reason(answer), Some(Reason::Reuse));
}

#[test]
fn without_keys_of_its_own_it_compares_strings() {
    let mut server = server(Keys::Strings);
    let mut client = on(&mut server);
    client.login(0, None);
    for _ in 0..2 {
        let (next, _) = granted(client.refresh(at(0, 1), Some("abc")));
        assert_eq!(Some(next), at(0, 2));
    }
    assert_eq!(
        reason(client.refresh(at(0, 1), Some("abd"))),
        Some(Reason::Reuse)
    );
}

#[test]
fn a_token_that_is_ahead_ends_its_family() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    assert_eq!(
        reason(client.refresh(at(0, 2), Some("2.of.0"))),
        Some(Reason::Revoked)
    );
}

#[test]
fn a_login_replaces_the_family_whose_cookie_came_along_and_its_key_opens_the_way_back() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    let (first, _) = client.login(0, None);
    client.login(1, Some(first));
    let refused = client.refresh(Some(first), Some("1.of.0"));
    assert_eq!(refused.1, SetCookie::Keep);
    assert_eq!(reason(refused), Some(Reason::Replaced));
    let (cookie, token) = granted(client.refresh(Some(first), Some("1.of.1")));
    assert_eq!((Some(cookie), token.user), (at(1, 1), 1));
}

#[test]
fn a_logout_ends_this_session_the_others_or_all() {
    for (scope, alive) in [
        (Scope::Local, [false, true]),
        (Scope::Others, [true, false]),
        (Scope::Global, [false, false]),
    ] {
        let mut server = server(Keys::HandedOut);
        let mut client = on(&mut server);
        let (first, _) = client.login(0, None);
        client.login(0, None);
        client.logout(scope, first);
        assert_eq!([0, 1].map(|f| server.is_alive(0, f)), alive, "{scope:?}");
    }
}

#[test]
fn with_an_old_token_a_logout_ends_only_its_own_family() {
    let mut server = server(Keys::HandedOut);
    let mut client = on(&mut server);
    client.login(0, None);
    client.login(0, None);
    granted(client.refresh(at(0, 1), Some("1.of.0")));
    granted(client.refresh(at(0, 2), Some("2.of.0")));
    let old = at(0, 1).unwrap();
    client.logout(Scope::Global, old);
    assert!(!server.is_alive(0, 0) && server.is_alive(0, 1));
}

#[test]
fn a_session_that_nobody_renews_expires() {
    let mut server = server(Keys::HandedOut);
    on(&mut server).login(0, None);
    assert!(server.is_alive(LONG - 1, 0) && !server.is_alive(LONG, 0));
    let key = Ask::Refresh {
        key: Some("1.of.0".into()),
    };
    let answer = server.serve(LONG, &key, at(0, 1), &mut Marks::default());
    assert_eq!(reason(answer), Some(Reason::Expired));
}
