// Every code of an AuthError, provoked as users meet it.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
  AuthError,
  createAuthClient,
  isAuthError,
  type AuthClient,
  type AuthClientOptions,
  type AuthErrorCode,
} from "evertoken";

const clients: { dispose(): void }[] = [];
afterEach(() => {
  for (const auth of clients.splice(0)) auth.dispose();
});

const grant = () => Response.json({ accessToken: "token", expiresIn: 900, user: { id: "u1" } });

/** A client whose backend answers a login, or a refresh, so. */
function client(
  login: () => Response | Promise<Response>,
  options: AuthClientOptions = {},
): AuthClient {
  const auth = createAuthClient({
    baseUrl: "https://api.example.com",
    restore: "never",
    fetch: async () => login(),
    ...options,
  });
  clients.push(auth);
  return auth;
}

const credentials = { email: "user@example.com", password: "password" };
const answer =
  (status: number, body: unknown = null, headers?: HeadersInit) =>
  () =>
    Response.json(body, { status, ...(headers && { headers }) });

/** How each comes about. */
const CASES: Record<AuthErrorCode, () => Promise<unknown>> = {
  login_required: () => client(grant).fetch("/me"),
  invalid_credentials: () =>
    client(answer(401, { error: "invalid_credentials" })).login(credentials),
  rejected: () => client(answer(422, { error: "mfa_required" })).login(credentials),
  network: () => client(() => Promise.reject(new TypeError("Failed to fetch"))).login(credentials),
  timeout: () =>
    client(() => new Promise<Response>(() => {}), { requestTimeout: 5 }).login(credentials),
  rate_limited: () => client(answer(429, null, { "Retry-After": "3" })).login(credentials),
  server: () => client(answer(503)).login(credentials),
  misconfigured: () => client(answer(200, { token: "under another name" })).login(credentials),
  invalid_argument: async () => client(grant, { baseUrl: "ftp://api.example.com" }),
  disposed: () => {
    const auth = client(grant);
    auth.dispose();
    return auth.login(credentials);
  },
  engine: () => Promise.reject(engineFailure),
};

// The engine is compiled once, so this has to come first: a page whose policy forbids WebAssembly.
const { Module } = WebAssembly;
let engineFailure: unknown;
const forbidden = () => {
  throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
};
Object.defineProperty(WebAssembly, "Module", {
  value: forbidden,
  configurable: true,
  writable: true,
});
const broken = client(grant);
Object.defineProperty(WebAssembly, "Module", { value: Module, configurable: true, writable: true });

test("where the engine cannot start everything says so, nothing breaks, and the next client tries again", async () => {
  assert.deepEqual(broken.session, { status: "signed-out", reason: "never" });
  const every: (() => Promise<unknown>)[] = [
    () => broken.ready,
    () => broken.login(credentials),
    () => broken.setSession({ accessToken: "token" }),
    () => broken.fetch("/me"),
    () => broken.getAccessToken(),
    () => broken.refresh(),
    () => broken.loginWithRedirect("/elsewhere"),
    () => broken.logout(),
  ];
  for (const call of every) {
    await assert.rejects(call, (error) => isAuthError(error) && error.code === "engine");
  }
  broken.subscribe(() => {})();
  engineFailure = await broken.ready.catch((error: unknown) => error);
  assert.deepEqual(await client(grant).login(credentials), { id: "u1" });
});

/** What helps, in a word of its hint; and whether trying again can. */
const HELPS: Record<AuthErrorCode, [RegExp, boolean]> = {
  login_required: [/sign in/, false],
  invalid_credentials: [/correct them/, false],
  rejected: [/`error`/, false],
  network: [/connection/, true],
  timeout: [/requestTimeout/, true],
  rate_limited: [/`retryAfter`/, true],
  server: [/later/, true],
  misconfigured: [/contract/, false],
  invalid_argument: [/absolute address/, false],
  disposed: [/createAuthClient/, false],
  engine: [/wasm-unsafe-eval/, false],
};

test("an uncaught error is named in a console, whatever the bundler made of the class", async () => {
  const error = await client(answer(503))
    .login(credentials)
    .catch((error: unknown) => error);
  const { inspect } = await import("node:util");
  assert.ok(error instanceof Error);
  assert.match(error.stack ?? "", /^AuthError: The auth endpoint failed/);
  assert.match(inspect(error), /^AuthError: The auth endpoint failed/);
  assert.deepEqual([error.name, AuthError.name], ["AuthError", "AuthError"]);
});

test("a renewal that brings another user says what to do, and nothing of an answer that can be read", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  let id = "";
  const auth = client(() =>
    id
      ? Response.json({ accessToken: id, expiresIn: 900, user: { id } })
      : new Promise<Response>(() => {}),
  );
  // Nobody sees its answer, whose cookie may still come after the next one's.
  const first = auth.login(credentials).catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  id = "u1";
  const second = auth.login(credentials);
  t.mock.timers.tick(10_001);
  await first;
  await second;
  id = "u2";
  const error = await auth.refresh().catch((error: unknown) => error);
  assert.ok(isAuthError(error) && error.code === "login_required");
  assert.equal(error.hint, "Ask the user to sign in, then call login().");
});

test("a refresh whose newest key was lost says that a sign-in helps if trying again does not", async () => {
  let isOld = false;
  const superseded = answer(409, { error: "superseded" });
  const auth = client(() => (isOld ? superseded() : grant()));
  await auth.login(credentials);
  isOld = true;
  const error = await auth.refresh().catch((error: unknown) => error);
  assert.ok(isAuthError(error) && error.code === "server" && error.retryable);
  assert.match(error.message, /older copy/);
  assert.match(error.hint, /sign in/);
});

test("a success without a token says which names it has, and no value", async () => {
  const body = { data: { access_token: "secret-1", list: ["secret-2", 3] }, ok: true };
  const error = await client(answer(200, body))
    .login(credentials)
    .catch((error: unknown) => error);
  assert.ok(isAuthError(error) && error.code === "misconfigured");
  assert.match(error.hint, /\{"data":\{"access_token":"…","list":\["…","…"\]\},"ok":"…"\}\.$/);
  assert.deepEqual([error.body, error.error, error.status], [undefined, undefined, 200]);
  const { inspect } = await import("node:util");
  assert.ok(!inspect(error, { showHidden: true }).includes("secret"));
});

for (const [code, provoke] of Object.entries(CASES) as [AuthErrorCode, () => Promise<unknown>][]) {
  test(`"${code}" comes with a hint that helps`, async () => {
    const error = await provoke().then(
      () => assert.fail("it did not reject"),
      (error: unknown) => error,
    );
    assert.ok(isAuthError(error) && error instanceof AuthError && error instanceof Error);
    const [hint, retryable] = HELPS[code];
    assert.equal(error.code, code);
    assert.match(error.hint, hint);
    assert.match(error.hint, /^[A-Z].*\.$/);
    assert.equal(error.retryable, retryable);
    assert.notEqual(error.message, "");
    assert.equal(error.name, "AuthError");
    if (code === "rate_limited") assert.equal(error.retryAfter, 3_000);
  });
}
