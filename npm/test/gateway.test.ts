// A backend that renews by itself: what its answers say of the session.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { AuthEvent } from "evertoken";

import { base, credentials, jwt, world } from "./support/world.js";

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
  await auth.fetch("/gateway/api/me", { credentials: "same-origin" });
  assert.equal(sent.at(-1)?.credentials, "include", "whatever the caller says");
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

/** What a redirect led to. */
function redirected(url: string, response: Response): Response {
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: true } });
}

test("a 403 from where a redirect led to another origin ends nothing: the token was not shown there", async () => {
  for (const [contract, login] of [
    ["gateway", "/gateway/login"],
    ["code-exchange", "/wx/auth/login"],
  ] as const) {
    let url = "";
    const answer = () =>
      redirected(url, Response.json({ error: "invalid_grant" }, { status: 403 }));
    const { auth } = world(
      { contract, allowedOrigins: [base, "https://other.example.com"] },
      { [login]: () => ({ accessToken: "t" }), "/x": answer },
    );
    await auth.login(credentials);
    for (url of ["https://files.example.net/expired-link", "https://other.example.com/file"]) {
      assert.equal((await auth.fetch("/x")).status, 403);
      assert.equal(auth.session.status, "signed-in", contract);
    }
    url = `${base}/elsewhere`;
    await auth.fetch("/x");
    assert.notEqual(auth.session.status, "signed-in", contract);
  }
});

test("a 401 from there is the answer and costs no refresh, one through a transport of one's own does", async () => {
  const url = "https://other.example.com/private";
  let answer = () => redirected(url, new Response("", { status: 401 }));
  const grant = () => ({ accessToken: "t", expiresIn: 900 });
  const { auth, to } = world(
    { allowedOrigins: [base, "https://other.example.com"] },
    { "/auth/login": grant, "/auth/refresh": grant, "/x": () => answer() },
  );
  await auth.login(credentials);
  assert.equal((await auth.fetch("/x")).status, 401);
  assert.deepEqual([to("/x").length, to("/auth/refresh").length], [1, 0]);
  answer = () => Object.defineProperty(new Response("", { status: 401 }), "url", { value: url });
  await auth.fetch("/x");
  assert.equal(to("/auth/refresh").length, 1);
});

/** A 403 of which only the beginning ever comes: then nothing, or its end. */
function half(text: string, type: string, ends: boolean): Response {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    pull: (controller) => (ends ? controller.error(new TypeError("reset")) : undefined),
  });
  return new Response(body, { status: 403, headers: { "Content-Type": type } });
}

test("a 403 that does not come whole ends nothing, and is the answer within the bound", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const contract of ["gateway", "code-exchange"] as const) {
    for (const ends of [true, false]) {
      let isAsked = false;
      const answer = () => ((isAsked = true), half("<html>Blocked", "text/html", ends));
      const { auth } = world({ contract }, { "/x": answer });
      await auth.setSession({ accessToken: "t", expiresIn: 900 });
      const call = auth.fetch("/x");
      while (!isAsked) await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      t.mock.timers.tick(10_000);
      assert.equal((await call).status, 403);
      assert.equal(auth.session.status, "signed-in", `${contract} ${ends}`);
    }
  }
});

test("a 403 through a transport that cannot copy its answers signs out where the contract says so", async () => {
  const answer = () =>
    Object.assign(Response.json({}, { status: 403 }), { clone: () => assert.fail("no copies") });
  const { auth } = world({ contract: "code-exchange" }, { "/x": answer });
  await auth.setSession({ accessToken: "t", expiresIn: 900 });
  assert.equal((await auth.fetch("/x")).status, 403);
  assert.notEqual(auth.session.status, "signed-in");
});

test("a request without CORS can carry no token, so it is the platform's, and its refusal ends nothing", async () => {
  const modes: (string | null)[] = [];
  const { auth } = world({
    contract: "code-exchange",
    fetch: async (input, init) => {
      const request = new Request(input, init);
      modes.push(`${request.mode} ${request.headers.get("authorization")}`);
      return new Response("", { status: modes.length > 2 ? 403 : 401 });
    },
  });
  await auth.setSession({ accessToken: "t", expiresIn: 900, refreshToken: "r" });
  for (const status of [401, 403]) {
    const own = new Request(`${base}/picture`, { mode: "no-cors" });
    assert.equal((await auth.fetch("/picture", { mode: "no-cors" })).status, status);
    assert.equal((await auth.fetch(own)).status, status);
  }
  assert.deepEqual(modes, Array(4).fill("no-cors null"));
  assert.equal(auth.session.status, "signed-in");
});
