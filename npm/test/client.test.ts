// What the wrapper adds to the engine: options, errors, snapshots, listeners. In Node, on a scripted fetch.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
  AuthError,
  createAuthClient,
  isAuthError,
  type AuthClientOptions,
  type AuthEvent,
  type Session,
  type User,
} from "evertoken";

/** A backend whose login, refresh and logout work, and whose resources accept every token. */
function backend(answers: Record<string, () => Response | Promise<Response>> = {}) {
  const received: string[] = [];
  let issued = 0;
  const grant = () => {
    issued += 1;
    return Response.json({
      accessToken: `secret-token-${issued}`,
      expiresIn: 900,
      user: { id: "u1", email: "user@example.com" },
    });
  };
  const fetch = async (input: RequestInfo | URL) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    received.push(pathname);
    const answer = answers[pathname];
    if (answer) return answer();
    if (pathname === "/auth/login" || pathname === "/auth/refresh") return grant();
    return Response.json({ ok: true });
  };
  return { fetch, received };
}

const clients: { dispose(): void }[] = [];

function client<U>(options: AuthClientOptions<U> = {}) {
  const auth = createAuthClient<U>({
    baseUrl: "https://api.example.com",
    restore: "never",
    fetch: backend().fetch,
    ...options,
  });
  clients.push(auth);
  return auth;
}

// A signed-in client has a timer, and a timer keeps Node alive.
afterEach(() => {
  for (const auth of clients.splice(0)) auth.dispose();
});

const credentials = { email: "user@example.com", password: "secret-password" };

/** What a promise rejects with; it must be ours. */
async function failure(promise: Promise<unknown>): Promise<AuthError> {
  const error = await promise.then(
    () => assert.fail("it did not reject"),
    (error: unknown) => error,
  );
  assert.ok(isAuthError(error), String(error));
  return error;
}

test("a session goes from never through signed in to logout, as frozen values", async () => {
  const auth = client();
  const seen: Session[] = [];
  const stop = auth.subscribe((session) => seen.push(session as Session));
  assert.deepEqual(auth.session, { status: "signed-out", reason: "never" });
  assert.deepEqual(await auth.login(credentials), { id: "u1", email: "user@example.com" });
  assert.equal(auth.session, auth.session);
  assert.ok(Object.isFrozen(auth.session));
  await auth.logout();
  stop();
  await auth.login(credentials);
  assert.deepEqual(
    seen.map((session) => session.status),
    ["signing-in", "signed-in", "signing-out", "signed-out"],
  );
});

test("expiresAt is in epoch milliseconds and counts from when the token was asked for", async () => {
  const auth = client();
  const before = Date.now();
  await auth.login(credentials);
  assert.ok(auth.session.status === "signed-in");
  const lifetime = auth.session.expiresAt - before;
  assert.ok(lifetime > 890_000 && lifetime < 910_000, String(lifetime));
});

test("every method is bound", async () => {
  const { fetch, login, logout, getAccessToken, refresh, subscribe, dispose } = client();
  await login(credentials);
  assert.equal((await fetch("/me")).status, 200);
  assert.equal(await getAccessToken(), "secret-token-1");
  await refresh();
  await logout({ scope: "local" });
  subscribe(() => {})();
  dispose();
});

test("a listener that throws is reported and everything else goes on", async () => {
  const reported: unknown[] = [];
  const events: AuthEvent[] = [];
  const was = globalThis.reportError;
  globalThis.reportError = (error) => void reported.push(error);
  try {
    const auth = client({ onEvent: (event) => events.push(event) });
    let heard = 0;
    auth.subscribe(() => {
      throw new Error("mine");
    });
    auth.subscribe(() => (heard += 1));
    await auth.login(credentials);
    assert.equal(heard, 2);
    assert.equal(reported.length, 2);
    assert.equal(events.filter((event) => event.type === "listener-failed").length, 2);
    assert.equal(auth.session.status, "signed-in");
  } finally {
    globalThis.reportError = was;
  }
});

test("a listener that is called may sign out, subscribe and unsubscribe", async () => {
  const auth = client();
  const stop = auth.subscribe((session) => {
    if (session.status !== "signed-in") return;
    stop();
    void auth.logout();
  });
  await auth.login(credentials);
  await auth.logout();
  assert.deepEqual(auth.session, { status: "signed-out", reason: "logout" });
});

test("an onEvent that throws, and a parseUser that throws, stop nothing", async () => {
  const was = globalThis.reportError;
  globalThis.reportError = () => {};
  const explode = (): never => {
    throw new Error("mine");
  };
  try {
    const auth = client({ onEvent: explode, parseUser: explode });
    assert.equal(await auth.login(credentials), null);
    assert.equal(auth.session.status, "signed-in");
  } finally {
    globalThis.reportError = was;
  }
});

test("parseUser makes the user of what the backend said and of the token's claims", async () => {
  const payload = btoa(JSON.stringify({ sub: "u7", iat: 100, exp: 400, name: "é" }));
  const token = `e30.${payload}.sig`;
  const { fetch } = backend({ "/auth/login": () => Response.json({ accessToken: token }) });
  const auth = client({ fetch, parseUser: (user, claims) => ({ user, sub: claims.sub }) });
  assert.deepEqual(await auth.login(credentials), { user: undefined, sub: "u7" });

  const plain = client<User>({ fetch });
  const user = await plain.login(credentials);
  assert.equal(user?.id, "u7");
  assert.ok(plain.session.status === "signed-in");
  assert.ok(plain.session.expiresAt <= Date.now() + 300_000, "the lifetime is exp - iat");
});

test("a session that was obtained elsewhere is taken over, and a wrong one is refused", async () => {
  const auth = client();
  const user = { id: "u2" };
  assert.deepEqual(await auth.setSession({ accessToken: "abc", expiresIn: 60, user }), user);
  assert.equal(await auth.getAccessToken(), "abc");
  const wrong = await failure(auth.setSession({ accessToken: "" }));
  assert.equal(wrong.code, "invalid_argument");
  assert.match(wrong.message, /access token/);
  for (const expiresIn of ["soon", {}, NaN, -1, Infinity]) {
    const grant = { accessToken: "abc", expiresIn: expiresIn as number };
    assert.equal((await failure(auth.setSession(grant))).code, "invalid_argument", `${expiresIn}`);
  }
});

test("a refused login tells the form what the backend said", async () => {
  const body = { error: "mfa_required", error_description: "Enter the code.", fields: ["otp"] };
  const { fetch } = backend({ "/auth/login": () => Response.json(body, { status: 422 }) });
  const error = await failure(client({ fetch }).login(credentials));
  assert.equal(error.code, "rejected");
  assert.equal(error.error, "mfa_required");
  assert.equal(error.description, "Enter the code.");
  assert.deepEqual(error.body, body);
  assert.equal(error.status, 422);
  assert.equal(error.retryable, false);
});

test("each failure of a refresh has its code, its hint and whether trying again can help", async () => {
  const html = { "content-type": "text/html" };
  const cases: [Response | "network", Partial<AuthError>, RegExp][] = [
    ["network", { code: "network", retryable: true }, /connection/],
    [
      new Response("", { status: 429, headers: { "retry-after": "3" } }),
      { code: "rate_limited", retryable: true, retryAfter: 3_000, status: 429 },
      /retryAfter/,
    ],
    [new Response("", { status: 503 }), { code: "server", retryable: true, status: 503 }, /log/],
    [
      new Response("<html>", { status: 401, headers: html }),
      { code: "misconfigured", retryable: false },
      /proxy/,
    ],
    [new Response("", { status: 404 }), { code: "misconfigured", status: 404 }, /baseUrl/],
    [
      Response.json({ error: "csrf_rejected" }, { status: 403 }),
      { code: "misconfigured", status: 403 },
      /allow-list/,
    ],
    [Response.json({}), { code: "misconfigured" }, /contract/],
    [
      Response.json({ error: "invalid_grant", reason: "missing" }, { status: 401 }),
      { code: "misconfigured" },
      /localhost/,
    ],
    [
      Response.json({ error: "invalid_grant", reason: "reuse" }, { status: 401 }),
      { code: "login_required", retryable: false },
      /sign in/,
    ],
  ];
  for (const [answer, expected, hint] of cases) {
    const { fetch } = backend({
      "/auth/refresh": () => {
        if (answer === "network") throw new TypeError("Failed to fetch");
        return answer;
      },
    });
    const auth = client({ fetch });
    await auth.login(credentials);
    const error = await failure(auth.refresh());
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(error[name as keyof AuthError], value, `${expected.code}: ${name}`);
    }
    assert.match(error.hint, hint);
  }
});

test("an aborted wait rejects with the signal's own reason", async () => {
  const { fetch, received } = backend({ "/auth/login": () => new Promise<Response>(() => {}) });
  const auth = client({ fetch });
  const controller = new AbortController();
  const login = auth.login(credentials, { signal: controller.signal });
  controller.abort("changed my mind");
  await assert.rejects(login, (reason) => reason === "changed my mind");
  await assert.rejects(
    auth.logout({ signal: AbortSignal.abort("too late") }),
    (reason) => reason === "too late",
  );
  assert.deepEqual(received, ["/auth/login"]);
  auth.dispose();
});

test("a login that a logout ended says so", async () => {
  const { fetch } = backend({ "/auth/login": () => new Promise<Response>(() => {}) });
  const auth = client({ fetch });
  const login = failure(auth.login(credentials));
  const logout = failure(auth.logout());
  assert.match((await login).message, /logout\(\) was called/);
  auth.dispose();
  assert.equal((await logout).code, "disposed");
});

test("dispose rejects whoever waits and whoever comes later, as often as it is called", async () => {
  const { fetch } = backend({ "/auth/refresh": () => new Promise<Response>(() => {}) });
  const auth = client({ fetch });
  await auth.login(credentials);
  const waiting = failure(auth.refresh());
  auth.dispose();
  auth.dispose();
  assert.equal((await waiting).code, "disposed");
  assert.equal((await failure(auth.fetch("/me"))).code, "disposed");
  assert.equal((await failure(auth.login(credentials))).code, "disposed");
});

test("wrong options are refused at once, with the option's name", () => {
  const wrong: [string, Record<string, unknown>][] = [
    ["baseUrl", { baseUrl: "/relative" }],
    ["baseUrl", { baseUrl: "ftp://api.example.com" }],
    ["baseUrl", { baseUrl: "https://user:password@api.example.com" }],
    ["baseUrl", { baseUrl: undefined }],
    ["baseUrl", { baseUrl: null }],
    ["baseUrl", { baseUrl: {} }],
    ["baseUrl", { baseUrl: Object.create(null) }],
    ["baseUrl", { baseUrl: "https+unix://api.example.com" }],
    ["contract", { contract: "rotations" }],
    ["contract", { contract: null }],
    ["contract", { contract: 7 }],
    ["allowedOrigins", { allowedOrigins: "https://api.example.com" }],
    ["allowedOrigins", { allowedOrigins: ["https://api.example.com/v1"] }],
    ["allowedOrigins", { allowedOrigins: ["*"] }],
    ["allowedOrigins", { allowedOrigins: [Object.create(null)] }],
    ["restore", { restore: "sometimes" }],
    ["refreshBuffer", { refreshBuffer: -1 }],
    ["refreshBuffer", { refreshBuffer: "60s" }],
    ["requestTimeout", { requestTimeout: 0 }],
    ["requestTimeout", { requestTimeout: Number.NaN }],
    ["requestTimeout", { requestTimeout: 2 ** 40 }],
    ["crossTab", { crossTab: "yes" }],
    ["shareToken", { shareToken: 1 }],
    ["fetch", { fetch: "fetch" }],
    ["fetch", { fetch: null }],
    ["restore", { restore: true }],
    ["requestTimeout", { requestTimeout: "10000" }],
    ["allowedOrigins", { allowedOrigins: [null] }],
    ["allowedOrigins", { allowedOrigins: null }],
    ["parseUser", { parseUser: {} }],
    ["onEvent", { onEvent: 7 }],
    ["baseURL", { baseURL: "https://api.example.com" }],
    ["refresh_buffer", { refresh_buffer: undefined }],
    ["restore", { restore: null }],
    ["refreshBuffer", { refreshBuffer: null }],
    ["requestTimeout", { requestTimeout: null }],
    ["crossTab", { crossTab: null }],
    ["shareToken", { shareToken: null }],
  ];
  for (const [name, options] of wrong) {
    assert.throws(
      () => client(options as AuthClientOptions),
      (error) =>
        isAuthError(error) && error.code === "invalid_argument" && error.message.includes(name),
      JSON.stringify(options),
    );
  }
});

test("wrong arguments are refused, and say what to pass", async () => {
  const auth = client();
  const login = await failure(auth.login("user" as never));
  assert.match(login.hint, /email, password/);
  const logout = await failure(auth.logout({ scope: "everywhere" as never }));
  assert.match(logout.hint, /"global"/);
});

test("a refresh is not told of within the call that begins it, where there are no locks neither", async () => {
  const events: AuthEvent[] = [];
  const auth = client({ restore: "always", onEvent: (event) => events.push(event) });
  assert.equal(events.length, 0);
  await auth.ready;
  const before = events.length;
  const refresh = auth.refresh();
  assert.equal(events.length, before);
  await refresh;
  assert.ok(events.some((event) => event.type === "refresh-started" && event.why === "demand"));
});

test("credentials whose JSON is no object are refused, and the client goes on", async () => {
  const answer = () => Response.json({ access_token: "token", expires_in: 900 });
  const { fetch, received } = backend({ "/auth/token": answer });
  const auth = client({ fetch, contract: "oauth2" });
  for (const strange of [new Date(), { toJSON: () => null }, { toJSON: () => undefined }]) {
    assert.equal((await failure(auth.login(strange as never))).code, "invalid_argument");
  }
  assert.deepEqual(received, []);
  await auth.login(credentials);
  assert.equal(auth.session.status, "signed-in");
});

test("an error of another copy of the package is known, and nothing else is", () => {
  assert.ok(isAuthError(Object.assign(new Error(), { [Symbol.for("evertoken.AuthError")]: true })));
  for (const other of [
    new Error(),
    null,
    undefined,
    "login_required",
    { code: "login_required" },
  ]) {
    assert.ok(!isAuthError(other));
  }
});

test("no event, no error and no snapshot holds a secret", async () => {
  const told: unknown[] = [];
  const { fetch } = backend({
    "/me": () => Response.json({}, { status: 401 }),
    "/auth/logout": () => new Response("", { status: 503 }),
  });
  const auth = client({ fetch, onEvent: (event) => told.push(event) });
  auth.subscribe((session) => told.push(session));
  await auth.login(credentials);
  await auth.fetch("/me?q=secret-query");
  told.push(await failure(auth.logout()), auth);
  auth.dispose();
  const { inspect } = await import("node:util");
  const text = inspect(told, { depth: 10, showHidden: true }) + JSON.stringify(told);
  assert.ok(text.includes("retried"));
  assert.ok(!text.includes("secret"), text);
});
