// Backends of other shapes than the default: the presets' requests, one's own contract, and what is refused at once.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
  createAuthClient,
  isAuthError,
  type AuthClientOptions,
  type AuthEvent,
  type Contract,
  type Session,
  type TokenStorage,
} from "evertoken";

interface Sent {
  path: string;
  method: string;
  type: string | null;
  bearer: string | null;
  key: string | null;
  credentials: string | undefined;
  body: unknown;
}

const clients: { dispose(): void }[] = [];
afterEach(() => {
  for (const auth of clients.splice(0)) auth.dispose();
});

type Answer = (sent: Sent) => unknown;

/** A client whose backend answers as it is told, by method and path; resources are served. */
function world(options: AuthClientOptions, answers: Record<string, Answer> = {}) {
  const sent: Sent[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request ? request.url : String(input));
    const headers = new Headers(init?.headers ?? request?.headers);
    const one: Sent = {
      path: url.pathname + url.search,
      method: init?.method ?? request?.method ?? "GET",
      type: headers.get("content-type"),
      bearer: headers.get("authorization"),
      key: headers.get("idempotency-key"),
      credentials: init?.credentials ?? request?.credentials,
      body: init?.body,
    };
    sent.push(one);
    const answer = await answers[url.origin === base ? url.pathname : url.href]?.(one);
    return answer instanceof Response ? answer : Response.json(answer ?? { ok: true });
  };
  const auth = createAuthClient({ baseUrl: base, restore: "never", fetch, ...options });
  clients.push(auth);
  return { auth, sent, to: (path: string) => sent.filter((one) => one.path === path) };
}

const base = "https://api.example.com";
const credentials = { email: "user@example.com", password: "password" };
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "fulfilled",
    (error: unknown) => (isAuthError(error) ? error.code : String(error)),
  );

/** A JWT that nobody signed. */
function jwt(claims: Record<string, unknown>): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
}

/** Tokens as RFC 6749 has them, `access-1`, `refresh-1`, … */
function issuer(fields: (n: number) => Record<string, unknown> = () => ({})) {
  let n = 0;
  return () => {
    n += 1;
    return {
      access_token: `access-${n}`,
      refresh_token: `refresh-${n}`,
      refresh_key: `${n}.key`,
      expires_in: 900,
      ...fields(n),
    };
  };
}

function memory(initial: string | null = null) {
  const calls: string[] = [];
  const storage: TokenStorage & { token: string | null; calls: string[] } = {
    token: initial,
    calls,
    get() {
      calls.push("get");
      return Promise.resolve(storage.token);
    },
    set(token) {
      calls.push(`set ${token}`);
      storage.token = token;
    },
    async remove() {
      calls.push("remove");
      storage.token = null;
    },
  };
  return storage;
}

test("oauth2 sends forms, calls an email username, renews with the newest token and its key, and revokes", async () => {
  const { auth, sent } = world({ contract: "oauth2" }, { "/auth/token": issuer() });
  await auth.login({ ...credentials, scope: "api" });
  await auth.refresh();
  await auth.refresh();
  await auth.logout();
  const form = "application/x-www-form-urlencoded";
  assert.deepEqual(
    sent.map((one) => [one.path, one.type, String(one.body), one.key]),
    [
      [
        "/auth/token",
        form,
        "username=user%40example.com&password=password&scope=api&grant_type=password",
        null,
      ],
      ["/auth/token", form, "grant_type=refresh_token&refresh_token=refresh-1", "1.key"],
      ["/auth/token", form, "grant_type=refresh_token&refresh_token=refresh-2", "2.key"],
      ["/auth/revoke", form, "token=refresh-3", null],
    ],
  );
  assert.ok(sent.every((one) => one.credentials === "same-origin" && one.bearer === null));
});

test("a caller's own parameter goes before the contract's", async () => {
  const { auth, sent } = world({ contract: "oauth2" }, { "/auth/token": issuer() });
  await auth.login({ grant_type: "urn:example:otp", username: "u", email: "e" });
  assert.equal(String(sent[0]?.body), "username=u&grant_type=urn%3Aexample%3Aotp");
});

test("with a storage the refresh token is read anew for each refresh and stored before anybody goes on", async () => {
  const storage = memory();
  const { auth, to } = world({ contract: "oauth2", storage }, { "/auth/token": issuer() });
  await auth.login(credentials);
  assert.equal(storage.token, "refresh-1");
  // Another tab has renewed.
  storage.token = "from-another-tab";
  let stored: string | null = null;
  auth.subscribe(() => (stored = storage.token));
  await auth.refresh();
  assert.match(String(to("/auth/token")[1]?.body), /refresh_token=from-another-tab$/);
  assert.equal(stored, "refresh-2");
  await auth.logout();
  assert.equal(storage.token, null);
  assert.deepEqual(
    storage.calls.filter((call) => call !== "get"),
    ["set refresh-1", "set refresh-2", "remove"],
  );
});

test("a refresh token that was refused is forgotten, and one that came in between is not", async () => {
  const storage = memory();
  let during = () => {};
  const tokens = issuer();
  const { auth } = world(
    { contract: "oauth2", storage },
    {
      "/auth/token": (sent) => {
        if (!String(sent.body).includes("refresh_token=")) return tokens();
        during();
        return Response.json({ error: "invalid_grant", reason: "reuse" }, { status: 400 });
      },
    },
  );
  await auth.login(credentials);
  assert.equal(await code(auth.refresh()), "login_required");
  assert.deepEqual(auth.session, { status: "signed-out", reason: "reuse" });
  assert.equal(storage.token, null);
  await auth.login(credentials);
  during = () => (storage.token = "newer");
  assert.equal(await code(auth.refresh()), "login_required");
  assert.equal(storage.token, "newer");
});

test("a storage that fails is reported; what it has is never presented where there is something newer", async () => {
  const storage = memory();
  const events: AuthEvent[] = [];
  const was = globalThis.reportError;
  globalThis.reportError = () => {};
  try {
    const { auth, to } = world(
      { contract: "oauth2", storage, onEvent: (event) => events.push(event) },
      { "/auth/token": issuer() },
    );
    await auth.login(credentials);
    storage.set = () => {
      throw new Error("quota");
    };
    await auth.refresh();
    assert.equal(storage.token, "refresh-1");
    await auth.refresh();
    assert.match(String(to("/auth/token")[2]?.body), /refresh_token=refresh-2$/);
    assert.ok(events.some((event) => event.type === "listener-failed"));
    storage.get = () => Promise.reject(new Error("locked"));
    storage.set = () => {};
    await auth.refresh();
    assert.equal(await code(auth.refresh()), "network");
    assert.equal(auth.session.status, "signed-in");
  } finally {
    globalThis.reportError = was;
  }
});

test("a session that was obtained elsewhere brings its refresh token, by our names whatever the contract's", async () => {
  const storage = memory("somebody-else's");
  const { auth, sent } = world({ contract: "oauth2", storage }, { "/auth/token": issuer() });
  const user = { id: "u9" };
  await auth.setSession({ accessToken: "given", expiresIn: 900, refreshToken: "handed", user });
  assert.equal(await auth.getAccessToken(), "given");
  assert.ok(auth.session.status === "signed-in" && auth.session.user?.id === "u9");
  await auth.refresh();
  assert.match(String(sent[0]?.body), /refresh_token=handed$/);
  // One without any cannot be renewed, and leaves nobody else's behind.
  await auth.setSession({ accessToken: "given again", expiresIn: 900 }).catch(() => {});
  await auth.setSession({ accessToken: "again", expiresIn: 900 });
  assert.equal(await code(auth.refresh()), "login_required");
  assert.equal(storage.token, null);
  assert.equal(sent.length, 1);
});

test("an answer of before cannot put its refresh token over one that was handed over", async () => {
  const storage = memory();
  let open = (): void => {};
  const tokens = issuer();
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { auth, to } = world(
    { contract: "oauth2", storage },
    {
      "/auth/token": async (sent) => {
        const answer = tokens();
        if (String(sent.body).includes("refresh_token=")) await gate;
        return answer;
      },
    },
  );
  await auth.login(credentials);
  const late = auth.refresh();
  while (to("/auth/token").length < 2) await Promise.resolve();
  await auth.setSession({ accessToken: "given", expiresIn: 900, refreshToken: "handed" });
  open();
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(storage.token, "handed");
  assert.equal(await auth.getAccessToken(), "given");
});

test("a 401 in the gateway is its answer; a newer token is adopted before the status counts", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const token = (iat: number, sub = "u1") => jwt({ sub, iat, exp: iat + 900 });
  const events: AuthEvent[] = [];
  let answer = () => Response.json({ ok: true });
  const { auth, sent } = world(
    {
      contract: "gateway",
      allowedOrigins: [base, "https://other.example.com"],
      onEvent: (event) => events.push(event),
    },
    {
      "/gateway/login": () => ({ accessToken: token(now) }),
      "/gateway/api/me": () => answer(),
      "https://other.example.com/me": () => answer(),
    },
  );
  await auth.login(credentials);
  const with_ =
    (renewed: string, status = 200) =>
    () =>
      Response.json(
        { error: "insufficient_scope" },
        { status, headers: { Authorization: `Bearer ${renewed}` } },
      );

  answer = with_(token(now + 5), 403);
  assert.equal((await auth.fetch("/gateway/api/me")).status, 403);
  assert.equal(await auth.getAccessToken(), token(now + 5));
  assert.equal(auth.session.status, "signed-in");

  // Older, another user's, none at all, and from elsewhere.
  for (const [renewed, path] of [
    [token(now + 4), "/gateway/api/me"],
    [token(now + 50, "u2"), "/gateway/api/me"],
    ["two words", "/gateway/api/me"],
    [token(now + 60), "https://other.example.com/me"],
  ] as const) {
    answer = with_(renewed);
    assert.equal((await auth.fetch(path)).status, 200);
    assert.equal(await auth.getAccessToken(), token(now + 5), path);
  }
  assert.deepEqual(
    events.flatMap((event) => (event.type === "adopted" ? [event.from] : [])),
    ["header"],
  );

  answer = () => Response.json({ error: "invalid_token" }, { status: 401 });
  const before = sent.length;
  assert.equal((await auth.fetch("/gateway/api/me")).status, 401);
  assert.equal(sent.length, before + 1);
  assert.equal(auth.session.status, "signed-in");
  // Cookies go to the backend, which renews by them, and to nobody else.
  assert.equal(sent[before]?.credentials, "include");
  await auth.fetch(new Request(`${base}/gateway/api/me`));
  assert.equal(sent.at(-1)?.credentials, "include");
  await auth.fetch("https://other.example.com/me");
  assert.equal(sent.at(-1)?.credentials, undefined);
});

test("a gateway's 403 ends the session only if it says so, or without a word if the token had expired", async () => {
  const past = Math.floor(Date.now() / 1_000) - 10_000;
  const cases: [body: unknown, expired: boolean, ends: boolean][] = [
    [{ error: "insufficient_scope" }, true, false],
    [{ message: "Forbidden" }, false, false],
    [{ message: "Forbidden" }, true, true],
    [{ error: "invalid_grant", reason: "revoked" }, false, true],
  ];
  for (const [body, expired, ends] of cases) {
    const { auth } = world(
      { contract: "gateway" },
      {
        "/gateway/login": () => ({
          accessToken: "opaque",
          ...(expired ? { expiresIn: 0 } : { expiresIn: 900 }),
        }),
        "/gateway/api/me": () => Response.json(body, { status: 403 }),
      },
    );
    await auth.login(credentials);
    const response = await auth.fetch("/gateway/api/me");
    assert.deepEqual([response.status, await response.json()], [403, body]);
    assert.equal(
      auth.session.status,
      ends ? "signed-out" : "signed-in",
      JSON.stringify([body, past]),
    );
  }
});

test("a contract of one's own: its endpoints, its names, its refusals", async () => {
  const contract: Contract = {
    renewal: "endpoint",
    refreshToken: "body",
    login: { path: "/session", method: "PUT", params: { client: "web" } },
    refresh: { path: "/session/renew?v=2", body: "form" },
    logout: { path: "/session", method: "DELETE", token: "which" },
    fields: {
      accessToken: "data.tokens.access",
      refreshToken: "data.tokens.refresh",
      expiresAt: "data.until",
      user: "data.account",
    },
    credentials: "omit",
    denied: [410],
    forbidden: "logout",
    idempotencyKey: true,
  };
  let n = 0;
  const tokens = () => {
    n += 1;
    const until = new Date(Date.now() + 600_000).toISOString();
    return {
      data: { tokens: { access: `a${n}`, refresh: `r${n}` }, until, account: { id: "u1" } },
    };
  };
  let gone = false;
  const { auth, sent } = world(
    { baseUrl: `${base}/v1`, contract },
    {
      "/v1/session": tokens,
      "/v1/session/renew": () => (gone ? new Response("", { status: 410 }) : tokens()),
      "/v1/admin": () => new Response("", { status: 403 }),
    },
  );
  assert.deepEqual(await auth.login({ name: "n" }), { id: "u1" });
  assert.ok(auth.session.status === "signed-in");
  const left = auth.session.expiresAt - Date.now();
  assert.ok(left > 500_000 && left <= 601_000, String(left));
  await auth.refresh();
  await auth.logout({ scope: "local" });
  assert.deepEqual(
    sent.map((one) => [one.method, one.path, one.type, String(one.body), one.credentials]),
    [
      ["PUT", "/v1/session", "application/json", '{"name":"n","client":"web"}', "omit"],
      ["POST", "/v1/session/renew?v=2", "application/x-www-form-urlencoded", "refresh=r1", "omit"],
      ["DELETE", "/v1/session?scope=local", "application/json", '{"which":"r2"}', "omit"],
    ],
  );
  assert.match(sent[1]?.key ?? "", /.{16}/, "a random key, since it may cross origins");
  // An application's own request to an endpoint is the platform's.
  await auth.fetch("/session/renew", { method: "POST" });
  assert.equal(sent.at(-1)?.bearer, null);

  await auth.login({});
  const signedOut = new Promise<Session>((resolve) =>
    auth.subscribe((session) => session.status === "signed-out" && resolve(session)),
  );
  assert.equal((await auth.fetch("/admin")).status, 403);
  assert.deepEqual(await signedOut, { status: "signed-out", reason: "forbidden" });
  await auth.login({});
  gone = true;
  assert.equal(await code(auth.refresh()), "login_required");
  assert.deepEqual(auth.session, { status: "signed-out", reason: "denied" });
});

test("a contract that renews by signing in anew asks for credentials, and each time once", async () => {
  let n = 0;
  let refused = false;
  let asked = 0;
  const contract: Contract = {
    renewal: "reauthenticate",
    refreshToken: "cookie",
    login: { path: "/session" },
    fields: { accessToken: "token", expiresIn: "ttl" },
  };
  const { auth, to } = world(
    {
      contract,
      reauthenticate: async () => {
        asked += 1;
        return { assertion: asked };
      },
    },
    {
      "/session": () =>
        refused ? new Response("", { status: 401 }) : { token: `t${++n}`, ttl: 900 },
      "/me": ({ bearer }) =>
        new Response("", { status: bearer === `Bearer t${n}` && n !== 1 ? 200 : 401 }),
    },
  );
  // From signed out: one sign-in for all; its token is refused; one more for all.
  const statuses = await Promise.all([1, 2, 3].map(() => auth.fetch("/me").then((r) => r.status)));
  assert.deepEqual(statuses, [200, 200, 200]);
  assert.deepEqual(
    to("/session").map((one) => one.body),
    ['{"assertion":1}', '{"assertion":2}'],
  );
  refused = true;
  assert.equal(await code(auth.refresh()), "login_required");
  assert.equal(asked, 3);
  assert.equal(auth.session.status, "signed-in", "its token is still good");
  await auth.logout();
  assert.equal(await code(auth.fetch("/me")), "login_required");
  assert.equal(asked, 3, "a logout is not undone behind the user's back");
});

test("a hook that fails, or brings nothing, is no way in", async () => {
  const was = globalThis.reportError;
  globalThis.reportError = () => {};
  try {
    const events: AuthEvent[] = [];
    for (const reauthenticate of [
      () => Promise.reject(new Error("mine")),
      (): never => {
        throw new Error("mine");
      },
      async () => undefined as never,
    ]) {
      const { auth, sent } = world({
        contract: "code-exchange",
        reauthenticate,
        onEvent: (event) => events.push(event),
      });
      assert.equal(await code(auth.fetch("/me")), "login_required");
      assert.equal(sent.length, 0);
    }
    assert.equal(events.filter((event) => event.type === "listener-failed").length, 2);
  } finally {
    globalThis.reportError = was;
  }
});

test("a sign-in that fails for now says so, and the session is not over", async () => {
  const { auth } = world(
    { contract: "code-exchange", reauthenticate: async () => ({ code: "c" }) },
    { "/wx/auth/login": () => new Response("", { status: 503 }) },
  );
  assert.equal(await code(auth.fetch("/me")), "server");
  assert.deepEqual(auth.session, { status: "signed-out", reason: "never" });
});

test("nobody is asked for credentials at the start", async () => {
  let asked = 0;
  const { auth } = world({
    contract: "code-exchange",
    restore: "always",
    storage: memory(),
    reauthenticate: async () => ({ code: String(++asked) }),
  });
  await auth.ready;
  assert.deepEqual([auth.session, asked], [{ status: "signed-out", reason: "never" }, 0]);
});

test("what cannot be right in a contract is refused at once, by its name", () => {
  const good: Contract = {
    renewal: "endpoint",
    refreshToken: "cookie",
    login: { path: "/login" },
    refresh: { path: "/refresh" },
    fields: { accessToken: "token" },
  };
  const wrong: [string, unknown][] = [
    ["contract ", null],
    ["contract ", "oauth"],
    ["contract ", "toString"],
    ["contract.renewal", { ...good, renewal: undefined }],
    ["contract.refreshToken", { ...good, refreshToken: "header" }],
    ["contract.login ", { ...good, login: undefined }],
    ["contract.login.path", { ...good, login: { path: "login" } }],
    ["contract.login.path", { ...good, login: { path: "//evil.test/login" } }],
    ["contract.login.path", { ...good, login: { path: "https://evil.test/" } }],
    ["contract.login.method", { ...good, login: { path: "/l", method: "post it" } }],
    ["contract.login.body", { ...good, login: { path: "/l", body: "xml" } }],
    ["contract.login.body", { ...good, login: { path: "/l", method: "GET", body: "json" } }],
    ["contract.login.params", { ...good, login: { path: "/l", params: { a: 1 } } }],
    ["contract.login.names", { ...good, login: { path: "/l", names: "email" } }],
    ["contract.login.token", { ...good, login: { path: "/l", token: 1 } }],
    ["contract.refresh ", { ...good, refresh: undefined }],
    ["contract.logout.path", { ...good, logout: { path: "" } }],
    ["contract.fields ", { ...good, fields: undefined }],
    ["contract.fields.accessToken", { ...good, fields: {} }],
    ["contract.fields.user", { ...good, fields: { accessToken: "a", user: "a..b" } }],
    ["contract.fields.refreshToken", { ...good, refreshToken: "body" }],
    ["contract.fields.refreshToken", { ...good, fields: { accessToken: "a", refreshToken: "r" } }],
    ["contract.credentials", { ...good, credentials: "always" }],
    ["contract.denied", { ...good, denied: [500] }],
    ["contract.denied", { ...good, denied: 401 }],
    ["contract.forbidden", { ...good, forbidden: true }],
    ["contract.idempotencyKey", { ...good, idempotencyKey: "yes" }],
  ];
  for (const [name, contract] of wrong) {
    assert.throws(
      () => world({ contract: contract as Contract }),
      (error) =>
        isAuthError(error) &&
        error.code === "invalid_argument" &&
        error.message.startsWith(name) &&
        error.hint !== "",
      `${name} ${JSON.stringify(contract)}`,
    );
  }
  const anew: Contract = { ...good, renewal: "reauthenticate" };
  for (const [name, options] of [
    ["reauthenticate", { contract: anew }],
    ["reauthenticate", { reauthenticate: "me" }],
    ["storage", { storage: {} }],
    ["storage", { storage: localStorageLike }],
    ["storage", { storage: null }],
  ] as [string, AuthClientOptions][]) {
    assert.throws(
      () => world(options),
      (error) => isAuthError(error) && error.message.startsWith(name),
      name,
    );
  }
});

/** What people pass first. */
const localStorageLike = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
