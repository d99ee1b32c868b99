//! The five presets, and a contract of one's own.

use evertoken_core::{Body, Contract, Cookies, Endpoint, Fields, Forbidden, Renewal};

fn lines(contract: &Contract) -> Vec<String> {
    let line = |endpoint: &Endpoint| {
        let token = contract.token_name(endpoint).unwrap_or("-");
        format!(
            "{} {} {:?} {token}",
            endpoint.method, endpoint.path, endpoint.body
        )
    };
    contract.endpoints().map(line).collect()
}

#[test]
fn each_preset_has_the_endpoints_of_its_backend() {
    for (name, expected) in [
        (
            "rotation",
            &[
                "POST /auth/login Json -",
                "POST /auth/refresh None -",
                "POST /auth/logout None -",
            ][..],
        ),
        (
            "oauth2",
            &[
                "POST /auth/token Form refresh_token",
                "POST /auth/token Form refresh_token",
                "POST /auth/revoke Form token",
            ],
        ),
        (
            "fixed-cookie",
            &[
                "POST /api/v1/auth/login Json -",
                "POST /api/v1/auth/refresh-token None -",
                "POST /api/v1/auth/logout None -",
            ],
        ),
        (
            "gateway",
            &["POST /gateway/login Json -", "POST /gateway/logout None -"],
        ),
        (
            "code-exchange",
            &[
                "POST /wx/auth/login Json refreshToken",
                "POST /wx/auth/refresh Json refreshToken",
                "POST /wx/auth/logout Json refreshToken",
            ],
        ),
    ] {
        assert_eq!(lines(Contract::preset(name).unwrap()), expected, "{name}");
    }
    assert_eq!(Contract::preset("Rotation"), None);
}

#[test]
fn cookies_go_along_where_the_refresh_token_is_one() {
    for (contract, cookies, denied, forbidden) in [
        (Contract::ROTATION, Cookies::Include, 401, Forbidden::Ignore),
        (
            Contract::OAUTH2,
            Cookies::SameOrigin,
            401,
            Forbidden::Ignore,
        ),
        (
            Contract::FIXED_COOKIE,
            Cookies::Include,
            401,
            Forbidden::Ignore,
        ),
        (Contract::GATEWAY, Cookies::Include, 403, Forbidden::Ignore),
        (
            Contract::CODE_EXCHANGE,
            Cookies::SameOrigin,
            401,
            Forbidden::Logout,
        ),
    ] {
        let has = (
            contract.cookies,
            &*contract.denied,
            contract.forbidden,
            contract.idempotency_key,
        );
        assert_eq!(
            has,
            (cookies, &[denied][..], forbidden, false),
            "{contract:?}"
        );
    }
}

#[test]
fn the_password_grant_names_the_email_username() {
    let login = Contract::OAUTH2.login;
    assert_eq!(login.name_of("email"), "username");
    assert_eq!(login.name_of("password"), "password");
    assert_eq!(*login.params, [("grant_type".into(), "password".into())]);
    let refresh = Contract::OAUTH2.refresh().cloned().unwrap();
    assert_eq!(
        *refresh.params,
        [("grant_type".into(), "refresh_token".into())]
    );
    assert_eq!(Contract::ROTATION.login.name_of("email"), "email");
}

#[test]
fn a_contract_of_ones_own_needs_no_constants() {
    let name = |text: &str| String::from(text);
    let login = Endpoint {
        path: name("/session").into(),
        method: name("PUT").into(),
        params: vec![(name("client").into(), name("web").into())].into(),
        names: vec![(name("email").into(), name("login").into())].into(),
        ..Endpoint::post("", Body::Json)
    };
    let refresh = Endpoint::post("/session/renew", Body::Json);
    let fields = Fields {
        refresh_token: Some(name("data.tokens.refresh").into()),
        ..Fields::CAMEL_CASE
    };
    let contract = Contract::new(login, Renewal::Endpoint(refresh), None, fields);
    assert_eq!(
        lines(&contract),
        [
            "PUT /session Json refresh",
            "POST /session/renew Json refresh"
        ]
    );
    assert_eq!(contract.login.name_of("email"), "login");
    assert_eq!(contract.cookies, Cookies::SameOrigin);
}

#[test]
fn a_request_without_a_body_carries_no_token() {
    let login = Contract::CODE_EXCHANGE.login;
    let bare = Endpoint::post("/renew", Body::None);
    let fields = Contract::CODE_EXCHANGE.fields;
    let contract = Contract::new(login, Renewal::Endpoint(bare), None, fields);
    assert_eq!(contract.token_name(contract.refresh().unwrap()), None);
}
