// The fake does as the real client does, as far as an application can tell; and a mock server is led by its controls.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { createAuthClient, isAuthError, type AuthClient, type Session, type User } from "evertoken";
import { connectMock, createFakeAuthClient, startMock, type MockFault } from "evertoken/testing";

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
    ["signing-in", "signed-in", "signed-out"],
  );
  assert.ok(Object.isFrozen(auth.session) && auth.session === auth.session);
  await auth.logout({ scope: "others" });
  assert.equal(auth.session.status, "signed-in");
  auth.dispose();
  assert.equal(await code(auth.login({})), "disposed");
  assert.equal(await code(auth.loginWithRedirect("/")), "disposed");
});

test("a fake goes through the states that a client goes through", async () => {
  const real = createAuthClient({
    baseUrl: "https://api.example.com",
    fetch: async (input) =>
      String(input).endsWith("/login")
        ? Response.json({ accessToken: "t", expiresIn: 900 })
        : Response.json({}),
  });
  const fake = createFakeAuthClient();
  const lives = await Promise.all(
    [real, fake].map(async (auth) => {
      const seen: string[] = [];
      auth.subscribe(({ status }) => seen.push(status));
      const login = auth.login({ email: "user@example.com" });
      seen.push(`login was called: ${auth.session.status}`);
      await login;
      const again = auth.login({ email: "user@example.com" });
      const logout = auth.logout();
      seen.push(`logout was called: ${auth.session.status}`);
      await Promise.allSettled([again, logout]);
      seen.push(await code(again));
      auth.dispose();
      return seen;
    }),
  );
  assert.deepEqual(lives[1], lives[0]);
  assert.ok(lives[0]?.includes("signing-in") && lives[0].includes("signing-out"));
});

test("a fake's listener that another one stops is not called any more, in the same change neither", async () => {
  const auth = createFakeAuthClient();
  const seen: string[] = [];
  auth.subscribe(({ status }) => {
    seen.push(`first ${status}`);
    stop();
  });
  const stop = auth.subscribe(({ status }) => seen.push(`second ${status}`));
  await auth.login({});
  assert.deepEqual(seen, ["first signing-in", "first signed-in"]);
});

test("a fake's refused login gives back the session there was", async () => {
  let isRefused = false;
  const auth = createFakeAuthClient<User>({
    login: () => {
      if (isRefused) throw new Error("no");
      return { id: "u1" };
    },
  });
  await auth.login({});
  const before = auth.session;
  isRefused = true;
  const login = code(auth.login({}));
  assert.equal(auth.session.status, "signing-in");
  assert.equal(await login, "Error: no");
  assert.deepEqual(auth.session, before);
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

test("a mock that was started is a backend, answers to its controls, and ends when it is told to", async () => {
  const mock = await startMock(["--access-ttl", "8s"]);
  try {
    const auth = createAuthClient({ baseUrl: mock.url, contract: "oauth2" });
    await auth.login({ email: "user@example.com", password: "password" });
    await mock.clock.advance(60_000);
    assert.equal((await auth.fetch("/auth/me")).status, 200);
    assert.equal((await mock.counters()).rotations, 1);
    const fault: MockFault = { path: "/auth/token", do: { status: 503 }, count: 1 };
    await mock.faults.set([fault]);
    assert.equal((await mock.faults.get())[0]?.path, "/auth/token");
    await mock.expire("access", "user@example.com");
    assert.equal(await code(auth.fetch("/auth/me")), "server");
    assert.equal((await mock.families())[0]?.["seq"], 2);
    assert.ok((await mock.requests()).length > 3);
    await mock.reset();
    assert.equal((await mock.counters()).rotations, 0);
    assert.ok(Math.abs((await mock.clock.now()) - Date.now()) < 30_000);
    auth.dispose();
  } finally {
    await mock.stop();
  }
  await assert.rejects(mock.counters());
});

test("a mock that cannot be started says what is missing", async () => {
  const was = process.env.EVERTOKEN_MOCK_BIN;
  delete process.env.EVERTOKEN_MOCK_BIN;
  await assert.rejects(
    startMock(),
    (error) => isAuthError(error) && /EVERTOKEN_MOCK_BIN/.test(error.hint),
  );
  process.env.EVERTOKEN_MOCK_BIN = process.execPath;
  // Node knows no such option, says so, and ends.
  await assert.rejects(startMock(), /did not start: .*--port/);
  process.env.EVERTOKEN_MOCK_BIN = "/no/such/program";
  await assert.rejects(startMock());
  if (was !== undefined) process.env.EVERTOKEN_MOCK_BIN = was;
});

test("a program that says something else is no mock, and does not outlive that", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mock-"));
  const was = process.env.EVERTOKEN_MOCK_BIN;
  try {
    const program = join(folder, "noisy");
    process.env.EVERTOKEN_MOCK_BIN = program;
    for (const line of ["warming up as $$", '{"pid": $$}', "null $$"]) {
      // It would go on for long.
      const script = `#!/bin/sh\ncat <<END\n${line}\nEND\nexec sleep 600\n`;
      await writeFile(program, script, { mode: 0o755 });
      const error: unknown = await startMock().catch((error: unknown) => error);
      const [, id] = /did not start: \D+(\d+)/.exec(String(error)) ?? assert.fail(String(error));
      assert.throws(() => process.kill(Number(id), 0), /ESRCH/);
    }
  } finally {
    if (was !== undefined) process.env.EVERTOKEN_MOCK_BIN = was;
    await rm(folder, { recursive: true });
  }
});

test("a mock ends with the process that started it, and does not keep that from ending, also if nobody stops it", async () => {
  const script = `
    import { startMock } from "evertoken/testing";
    const mock = await startMock();
    console.log(mock.url);
    await mock.counters();
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { timeout: 60_000 },
  );
  const gone = async (): Promise<void> => {
    const isThere = await fetch(`${stdout.trim()}/__mock/clock`).then(
      () => true,
      () => false,
    );
    if (isThere) return gone();
  };
  await gone();
});

test("a listener that throws is reported, and neither the caller nor another listener learns of it", async () => {
  for (const make of clients) {
    const auth = make();
    const had = Object.getOwnPropertyDescriptor(globalThis, "reportError");
    const reported: unknown[] = [];
    const value = (error: unknown) => reported.push(error);
    Object.defineProperty(globalThis, "reportError", { value, configurable: true });
    try {
      let told = 0;
      auth.subscribe(() => {
        throw new Error("listener");
      });
      auth.subscribe(() => (told += 1));
      assert.equal(await code(auth.setSession({ accessToken: "a" })), "fulfilled");
      assert.deepEqual([told, reported.map(String)], [1, ["Error: listener"]]);
    } finally {
      if (had) Object.defineProperty(globalThis, "reportError", had);
      else delete (globalThis as { reportError?: unknown }).reportError;
      auth.dispose();
    }
  }
});

test("wrong arguments are refused, by the fake as well", async () => {
  for (const make of clients) {
    const auth = make();
    for (const call of [
      () => auth.login(null as never),
      () => auth.login("user" as never),
      () => auth.login(new FormData() as never),
      () => auth.login(new URLSearchParams("email=user") as never),
      () => auth.setSession(null as never),
      () => auth.setSession({} as never),
      () => auth.logout({ scope: "all" as never }),
    ]) {
      assert.equal(await code(call()), "invalid_argument", String(call));
    }
    assert.deepEqual(auth.session, { status: "signed-out", reason: "never" });
    auth.dispose();
  }
});

test("a login that a logout, a signal or the client's end overtakes signs nobody in", async () => {
  for (const make of clients) {
    for (const [overtake, outcome] of [
      [(auth) => void code(auth.logout({ scope: "local" })), "login_required"],
      [(auth) => auth.dispose(), "disposed"],
      [(_, abort) => abort("late"), "late"],
    ] as [(auth: AuthClient, abort: (why: string) => void) => void, string][]) {
      let answer = () => {};
      const auth = make(new Promise<void>((resolve) => (answer = resolve)));
      const controller = new AbortController();
      const login = code(auth.login({}, { signal: controller.signal }));
      overtake(auth, (why) => controller.abort(why));
      assert.equal(await login, outcome);
      answer();
      auth.dispose();
    }
  }
});

test("while a fake restores, whoever asks waits for what it becomes", async () => {
  const auth = createFakeAuthClient({
    session: { status: "restoring" },
    fetch: async () => new Response("me"),
  });
  const seen: string[] = [];
  const ready = auth.ready.then(() => seen.push("ready"));
  // Not a signal with a timer of its own, which keeps no process alive until it rings.
  const patience = new AbortController();
  const late = code(auth.refresh({ signal: patience.signal }));
  patience.abort(new Error("late"));
  assert.equal(await late, "Error: late");
  const left = new AbortController();
  const request = new Request("https://api.example.com/me", { signal: left.signal });
  const given = code(Promise.race([auth.fetch(request), new Promise(setImmediate)]));
  left.abort(new Error("left"));
  assert.equal(await given, "Error: left");
  const response = auth.fetch("/me");
  assert.deepEqual(seen, []);
  auth.become({ status: "signed-in", user: null, expiresAt: Infinity, stale: false });
  assert.equal(await (await response).text(), "me");
  await ready;

  const other = createFakeAuthClient({ session: { status: "restoring" } });
  const waiting = code(other.getAccessToken());
  other.dispose();
  assert.equal(await waiting, "disposed");
  await other.ready;
});

/** The real one, on a backend that answers when it may, and the fake. */
const clients: ((answer?: Promise<void>) => AuthClient)[] = [
  (answer) =>
    createAuthClient({
      baseUrl: "https://api.example.com",
      restore: "never",
      fetch: async () => {
        await answer;
        return Response.json({ accessToken: "token", expiresIn: 900 });
      },
    }),
  (answer) =>
    createFakeAuthClient<User>({
      login: async () => {
        await answer;
        return null;
      },
    }),
];
