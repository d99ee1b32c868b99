// The fake does as the real client does, as far as an application can tell; and a mock server is led by its controls.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { isAuthError, type Session, type User } from "evertoken";
import { connectMock, createFakeAuthClient, startMock } from "evertoken/testing";

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "fulfilled",
    (error: unknown) => (isAuthError(error) ? error.code : String(error)),
  );

test("a fake is whatever a test says, and tells whoever subscribed", async () => {
  const auth = createFakeAuthClient({ fetch: async (input) => new Response(String(input)) });
  await auth.ready;
  const seen: Session[] = [];
  const stop = auth.subscribe((session) => seen.push(session));
  assert.deepEqual(auth.session, { status: "signed-out", reason: "never" });
  assert.equal(await code(auth.fetch("/me")), "login_required");
  assert.equal(await code(auth.getAccessToken()), "login_required");

  const user = await auth.login({ email: "user@example.com", password: "any" });
  assert.equal(user?.email, "user@example.com");
  assert.deepEqual(auth.logins, [{ email: "user@example.com", password: "any" }]);
  assert.equal(await (await auth.fetch("/me")).text(), "/me");
  const rejected = await auth.getAccessToken();
  assert.notEqual(await auth.getAccessToken({ rejected }), rejected);
  auth.become({ status: "signed-out", reason: "expired" });
  assert.equal(await code(auth.refresh()), "login_required");
  stop();
  await auth.setSession({ accessToken: "a", user: { id: "u1" } });
  assert.deepEqual(
    seen.map(({ status }) => status),
    ["signed-in", "signed-out"],
  );
  assert.ok(Object.isFrozen(auth.session) && auth.session === auth.session);
  await auth.logout({ scope: "others" });
  assert.equal(auth.session.status, "signed-in");
  auth.dispose();
  assert.equal(await code(auth.login({})), "disposed");
  assert.equal(await code(auth.loginWithRedirect("/")), "disposed");
});

test("a fake's login may be refused, and a signal counts", async () => {
  const auth = createFakeAuthClient<User>({
    login: () => {
      throw new Error("no");
    },
  });
  assert.equal(await code(auth.login({})), "Error: no");
  await assert.rejects(
    auth.login({}, { signal: AbortSignal.abort("late") }),
    (why) => why === "late",
  );
  auth.become({ status: "signed-in", user: null, expiresAt: Infinity, stale: false });
  assert.equal(await code(auth.fetch("/me")), "invalid_argument");
});

test("the controls of a mock are one request each, and a refusal is told", async () => {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    seen.push(`${request.method} ${request.url} ${body}`);
    const isWrong = body.includes("wrong");
    response.writeHead(isWrong ? 422 : 200).end(JSON.stringify({ now: 100, offset: 0, logout: 7 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    const mock = connectMock(`http://127.0.0.1:${address.port}/t/mine/`);
    assert.equal(await mock.clock.now(), 100_000);
    await mock.clock.advance(1_500);
    await mock.faults.set([{ path: "/auth/refresh", do: { status: 503 }, count: 1 }]);
    assert.equal((await mock.counters()).logout, 7);
    await mock.expire("access");
    await mock.expire("refresh", "user@example.com");
    await mock.reset();
    await assert.rejects(mock.faults.set([{ path: "wrong", do: "hang" }]), /422/);
    assert.deepEqual(seen.slice(0, 7), [
      "GET /t/mine/__mock/clock ",
      'POST /t/mine/__mock/clock {"advance":2}',
      'PUT /t/mine/__mock/faults [{"path":"/auth/refresh","do":{"status":503},"count":1}]',
      "GET /t/mine/__mock/counters ",
      'POST /t/mine/__mock/expire {"tokens":"access"}',
      'POST /t/mine/__mock/expire {"tokens":"refresh","user":"user@example.com"}',
      "POST /t/mine/__mock/reset ",
    ]);
  } finally {
    server.close();
  }
});

test("a mock that cannot be started says what is missing", async () => {
  const was = process.env.EVERTOKEN_MOCK_BIN;
  delete process.env.EVERTOKEN_MOCK_BIN;
  await assert.rejects(
    startMock(),
    (error) => isAuthError(error) && /EVERTOKEN_MOCK_BIN/.test(error.hint),
  );
  process.env.EVERTOKEN_MOCK_BIN = process.execPath;
  // Node knows no such option, and ends.
  await assert.rejects(startMock(), /ended with/);
  process.env.EVERTOKEN_MOCK_BIN = "/no/such/program";
  await assert.rejects(startMock());
  if (was !== undefined) process.env.EVERTOKEN_MOCK_BIN = was;
});
