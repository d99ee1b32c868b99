// A contract of one's own: what it does, and what is refused at once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isAuthError, type AuthClientOptions, type Contract, type Session } from "evertoken";

import { base, code, credentials, world } from "./support/world.js";

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
    ["contract.refreshtoken", { ...good, refreshtoken: "cookie" }],
    ["contract.login.methd", { ...good, login: { path: "/l", methd: "PUT" } }],
    ["contract.fields.expires_in", { ...good, fields: { accessToken: "a", expires_in: "ttl" } }],
    // Whoever wants the default leaves it out.
    ["contract.logout ", { ...good, logout: null }],
    ["contract.credentials", { ...good, credentials: null }],
    ["contract.denied", { ...good, denied: null }],
    ["contract.login.body", { ...good, login: { path: "/l", body: null } }],
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
