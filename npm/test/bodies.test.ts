// Contracts that have their refresh token in the body: what is sent, and where the token is.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { AuthEvent } from "evertoken";

import { code, credentials, issuer, memory, world } from "./support/world.js";

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

test("a storage that never answers holds nobody up, and that is told", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const events: AuthEvent[] = [];
  const storage = memory();
  const { auth, to } = world(
    { contract: "oauth2", storage, onEvent: (event) => events.push(event) },
    { "/auth/token": issuer() },
  );
  const told = () =>
    events.flatMap((event) => (event.type === "listener-failed" ? String(event.error) : []));
  let isAsked = false;
  const never = () => ((isAsked = true), new Promise<never>(() => {}));
  const passes = async () => {
    while (!isAsked) await Promise.resolve();
    isAsked = false;
    t.mock.timers.tick(3_334);
  };
  storage.set = never;
  const login = auth.login(credentials);
  await passes();
  await login;
  assert.deepEqual(told(), ["Error: storage.set() takes too long."]);
  // What it could not store it has.
  const refresh = auth.refresh();
  await passes();
  await refresh;
  assert.match(String(to("/auth/token")[1]?.body), /refresh_token=refresh-1$/);
  storage.set = () => {};
  await auth.refresh();
  storage.get = never;
  const unread = code(auth.refresh());
  await passes();
  assert.equal(await unread, "network");
  assert.equal(told().at(-1), "Error: storage.get() takes too long.");
  assert.equal(auth.session.status, "signed-in");
  // It is read for the request, and once more before what was presented is removed.
  let reads = 0;
  storage.get = () => (++reads === 1 ? "refresh-3" : never());
  storage.remove = never;
  const logout = code(auth.logout());
  await passes();
  await passes();
  assert.equal(await logout, "fulfilled");
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

test("a refresh that waits for the storage never presents the token that was handed over meanwhile", async () => {
  const storage = memory();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { auth, sent } = world({ contract: "oauth2", storage }, { "/auth/token": issuer() });
  storage.set = async (token) => {
    await gate;
    storage.token = token;
  };
  await auth.setSession({ accessToken: "one", expiresIn: 900, refreshToken: "first" });
  const late = code(auth.refresh());
  await new Promise((resolve) => setImmediate(resolve));
  await auth.setSession({ accessToken: "two", expiresIn: 900, refreshToken: "second" });
  open();
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent.length, 0);
  assert.equal(await auth.getAccessToken(), "two");
  await auth.refresh();
  assert.match(String(sent[0]?.body), /refresh_token=second$/);
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

test("a session that was handed over with its refresh key is renewed with that key", async () => {
  const { auth, to } = world(
    {},
    { "/auth/refresh": () => ({ accessToken: "renewed", expiresIn: 900 }) },
  );
  await auth.setSession({ accessToken: "given", expiresIn: 900, refreshKey: "1.handed" });
  await auth.refresh();
  assert.deepEqual(
    to("/auth/refresh").map(({ key }) => key),
    ["1.handed"],
  );
});
