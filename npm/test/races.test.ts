// What comes between a question and its answer: other users, other logins, listeners that act at once.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { createAuthClient, isAuthError, type AuthClientOptions, type AuthEvent } from "evertoken";

interface Sent {
  path: string;
  bearer: string | null;
}

const clients: { dispose(): void }[] = [];

/** A client on a backend that issues `token-1`, `token-2`, … and answers as `answers` says first. */
function world(answers: Record<string, () => unknown> = {}, options: AuthClientOptions = {}) {
  const sent: Sent[] = [];
  let issued = 0;
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const whole = input instanceof Request;
    const { pathname } = new URL(whole ? input.url : input);
    const headers = new Headers(init?.headers ?? (whole ? input.headers : undefined));
    sent.push({ path: pathname, bearer: headers.get("authorization") });
    const answer = await answers[pathname]?.();
    if (answer) return answer as Response;
    if (pathname === "/auth/login" || pathname === "/auth/refresh") {
      issued += 1;
      const user = { id: "u1", email: "user@example.com" };
      return Response.json({ accessToken: `token-${issued}`, expiresIn: 900, user });
    }
    return Response.json({ ok: true });
  };
  const auth = createAuthClient({
    baseUrl: "https://api.example.com",
    restore: "never",
    fetch,
    ...options,
  });
  clients.push(auth);
  const to = (path: string) => sent.filter((request) => request.path === path);
  return { auth, sent, to };
}

const navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");

afterEach(() => {
  for (const auth of clients.splice(0)) auth.dispose();
  if (navigator) Object.defineProperty(globalThis, "navigator", navigator);
  else delete (globalThis as { navigator?: unknown }).navigator;
});

const credentials = { email: "user@example.com", password: "password" };
const unauthorized = () => Response.json({}, { status: 401 });
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "fulfilled",
    (error: unknown) => (isAuthError(error) ? error.code : String(error)),
  );

/** A promise and what fulfils it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** As much of the Web Locks API as is needed: one lock, and a line. */
function oneLock() {
  const lock = { held: 0 };
  let last: Promise<unknown> = Promise.resolve();
  const request = (_: string, __: unknown, hold: () => Promise<unknown>) =>
    (last = last.then(() => ((lock.held += 1), hold())));
  Object.defineProperty(globalThis, "navigator", {
    value: { locks: { request } },
    configurable: true,
  });
  return lock;
}

test("a request that may go goes at once, with the token it was allowed", async () => {
  const { auth, to } = world();
  await auth.login(credentials);
  const call = auth.fetch("/x");
  const token = auth.getAccessToken();
  const logout = auth.logout();
  assert.deepEqual(to("/x"), [{ path: "/x", bearer: "Bearer token-1" }]);
  assert.equal((await call).status, 200);
  assert.equal(await token, "token-1");
  await logout;
});

test("options that serve for many calls are read at each call, also where it has to wait", async () => {
  const bodies: unknown[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    if (String(input).endsWith("/x")) bodies.push(init?.body);
    return Response.json({ accessToken: "token", expiresIn: 900 });
  };
  const { auth } = world({}, { fetch });
  const login = auth.login(credentials);
  const init: RequestInit = { method: "POST" };
  const calls = ["one", "two"].map((body) => auth.fetch("/x", Object.assign(init, { body })));
  await Promise.all([login, ...calls]);
  assert.deepEqual(bodies, ["one", "two"]);
});

test("a request of one user is not repeated as another who came with the renewal's news", async () => {
  const { auth, to } = world(
    { "/x": unauthorized },
    {
      onEvent: (event) => {
        if (event.type !== "refreshed") return;
        const other = { accessToken: "other-token", user: { id: "u2" } };
        void Promise.resolve().then(() => auth.setSession(other));
      },
    },
  );
  await auth.login(credentials);
  await auth.fetch("/x", { method: "POST", body: "as user one" });
  assert.ok(!to("/x").some((request) => request.bearer?.includes("other-token")));
});

test("a listener may set a session at once, and it is the one that is used", async () => {
  const { auth, to } = world(
    {},
    {
      onEvent: (event) => {
        if (event.type === "signed-out") void auth.setSession({ accessToken: "native" });
      },
    },
  );
  await auth.login(credentials);
  await auth.logout();
  await auth.fetch("/x");
  assert.deepEqual(to("/x"), [{ path: "/x", bearer: "Bearer native" }]);
});

test("a listener that hands over a session and uses it at once has the new one's token and user", async () => {
  const calls: Promise<unknown>[] = [];
  const { auth, to } = world();
  const stop = auth.subscribe(() => {
    if (auth.session.status !== "signed-in") return;
    stop();
    const session = { accessToken: "other-token", user: { id: "u2", email: "other@example.com" } };
    calls.push(auth.setSession(session).then((user) => user?.id));
    calls.push(auth.fetch("/x"), auth.getAccessToken());
  });
  await auth.login(credentials);
  const [user, , token] = await Promise.all(calls);
  assert.deepEqual([user, token], ["u2", "other-token"]);
  assert.deepEqual(to("/x"), [{ path: "/x", bearer: "Bearer other-token" }]);
});

test("whoever hears of an event sees the session it led to", async () => {
  const seen: [AuthEvent["type"], string][] = [];
  const { auth } = world({}, { onEvent: (event) => seen.push([event.type, auth.session.status]) });
  await auth.login(credentials);
  await auth.logout();
  assert.deepEqual(seen, [
    ["signed-in", "signed-in"],
    ["signed-out", "signing-out"],
  ]);
});

test("two logins at once each bring their user", async () => {
  const { auth } = world();
  const [first, second] = await Promise.all([auth.login(credentials), auth.login(credentials)]);
  assert.equal(first?.id, "u1");
  assert.equal(second?.id, "u1");
});

test("a change that came to nothing is no change", async () => {
  const { auth } = world();
  await auth.login(credentials);
  const heard: string[] = [];
  const begun: Promise<unknown>[] = [];
  auth.subscribe(({ status }) => {
    heard.push(status);
    if (heard.length === 1) begun.push(auth.logout(), auth.login(credentials));
  });
  await auth.setSession({ accessToken: "other-token" });
  await Promise.all(begun);
  assert.deepEqual(heard, ["signed-in", "signing-in", "signed-in"]);
});

test("refresh() renews even if a login it waited for was refused", async () => {
  const login = gate();
  let refuse = false;
  const { auth, to } = world({
    "/auth/login": async () => {
      if (!refuse) return undefined;
      await login.opened;
      return unauthorized();
    },
  });
  await auth.login(credentials);
  refuse = true;
  const refused = code(auth.login(credentials));
  const refresh = auth.refresh();
  login.open();
  assert.equal(await refused, "invalid_credentials");
  await refresh;
  assert.equal(to("/auth/refresh").length, 1);
});

test("a token that is renewed as itself is neither sent again nor handed out again", async () => {
  const same = () => Response.json({ accessToken: "token-1", expiresIn: 900 });
  const { auth, to } = world({ "/x": unauthorized, "/auth/refresh": same });
  await auth.login(credentials);
  assert.equal((await auth.fetch("/x")).status, 401);
  assert.equal(to("/x").length, 1);
  assert.equal(await code(auth.getAccessToken({ rejected: "token-1" })), "misconfigured");
});

test("a rejected token that comes back while its successor is waited for is renewed", async () => {
  const { auth, to } = world();
  const login = auth.login(credentials);
  const token = auth.getAccessToken({ rejected: "token-1" });
  await login;
  assert.equal(await token, "token-2");
  assert.equal(to("/auth/refresh").length, 1);
});

test("a token of another user is not handed out in place of the rejected one", async () => {
  const refresh = gate();
  const { auth } = world({ "/auth/refresh": () => refresh.opened.then(() => undefined) });
  await auth.login(credentials);
  const waiting = code(auth.getAccessToken({ rejected: "token-1" }));
  await auth.setSession({ accessToken: "other-token", user: { id: "u2" } });
  refresh.open();
  assert.equal(await waiting, "login_required");
});

test("no error holds a token of an answer that could not be used", async () => {
  const half = () => Response.json({ accessToken: "secret-token", expiresIn: -1 });
  const { auth } = world({ "/auth/login": half });
  const error = await auth.login(credentials).catch((error: unknown) => error);
  assert.ok(isAuthError(error) && error.code === "misconfigured");
  assert.equal(error.body, undefined);
});

test("a request that lies about its address gets no token", async () => {
  const { auth, to } = world();
  await auth.login(credentials);
  class Liar extends Request {
    override get url() {
      return "https://api.example.com/x";
    }
  }
  await auth.fetch(new Liar("https://evil.example/steal"));
  const duck = {
    url: "https://api.example.com/x",
    method: "GET",
    toString: () => "https://evil.example/steal",
  };
  await auth.fetch(duck as never);
  assert.equal(to("/steal").length + to("/x").length, 2);
  for (const { bearer } of [...to("/steal"), ...to("/x")]) assert.equal(bearer, null);
});

test("a transport that is not quite fetch is read all the same, or is a network error", async () => {
  const grant = JSON.stringify({ accessToken: "t", expiresIn: 900 });
  const { auth } = world({ "/auth/login": () => ({ status: 200, text: () => grant }) });
  await auth.login(credentials);
  assert.equal(auth.session.status, "signed-in");

  const strange = {
    get status() {
      throw new Error("mine");
    },
    text: () => "",
  };
  const other = world({ "/auth/login": () => strange });
  assert.equal(await code(other.auth.login(credentials)), "network");
});

test("a grant with members that change their mind is taken as it was first", async () => {
  const { auth } = world();
  let read = 0;
  const grant = {
    get accessToken() {
      read += 1;
      return read === 1 ? "first" : (Symbol() as never);
    },
  };
  await auth.setSession(grant);
  assert.equal(await auth.getAccessToken(), "first");
  assert.equal(await code(auth.setSession(null as never)), "invalid_argument");
});

test("a client made in the place of one that was disposed of lets its refresh be answered first", async () => {
  const lock = oneLock();
  const refresh = gate();
  const answers = { "/auth/refresh": () => refresh.opened.then(() => undefined) };
  const old = world(answers, { crossTab: true });
  await old.auth.login(credentials);
  const waiting = code(old.auth.refresh());
  while (old.to("/auth/refresh").length < 1) await new Promise((turn) => setTimeout(turn));
  old.auth.dispose();
  assert.equal(await waiting, "disposed");
  const next = world({}, { crossTab: true, restore: "always" });
  for (let turn = 0; turn < 50; turn += 1) await new Promise((soon) => setImmediate(soon));
  assert.equal(lock.held, 2, "the login's and the refresh's");
  refresh.open();
  await next.auth.ready;
  assert.equal(next.auth.session.status, "signed-in");
});

test("a client that is disposed of while its hook is asked signs nobody in, and keeps no lock", async () => {
  const lock = oneLock();
  let isAsked = false;
  const never = () => ((isAsked = true), new Promise<never>(() => {}));
  const storage = { get: () => null, set: () => {}, remove: () => {} };
  const own = { contract: "code-exchange", crossTab: true, storage } as const;
  const old = world({}, { ...own, reauthenticate: never });
  const waiting = code(old.auth.fetch("/x"));
  while (!isAsked) await new Promise((turn) => setTimeout(turn));
  old.auth.dispose();
  assert.equal(await waiting, "disposed");
  const next = world({}, { ...own, reauthenticate: async () => ({}) });
  assert.equal(await code(next.auth.fetch("/x")), "login_required");
  assert.equal(lock.held, 2);
});

test("a wait for one thing after another ends within the bound", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const never = () => new Promise<never>(() => {});
  const { auth } = world(
    { "/auth/login": never, "/auth/refresh": never },
    { requestTimeout: 1_000 },
  );
  const login = code(auth.login(credentials));
  const call = code(auth.fetch("/x"));
  let ended = false;
  void call.then(() => (ended = true));
  const turns = async () => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };
  await turns();
  t.mock.timers.tick(1_100);
  await turns();
  t.mock.timers.tick(1);
  await turns();
  assert.ok(ended);
  assert.equal(await call, "timeout");
  assert.equal(await login, "timeout");
});
