// What the guides show works: the backends they sketch, the contracts they name, the moves they describe.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, before, beforeEach, test } from "node:test";

import {
  createAuthClient,
  isAuthError,
  type AuthClient,
  type Contract,
  type Session,
  type TokenStorage,
} from "evertoken";

import { blocks, read, run, write } from "./support/documents.js";
import { base, browser, code, credentials, jwt, world } from "./support/world.js";

before(async () => {
  const names = ["README.md", "docs/backends.md", "docs/moving.md", "docs/development.md"];
  const all = await Promise.all(names.map(async (name) => blocks(name, await read(name))));
  await write(all.flat());
});

const { fetch } = globalThis;
const ends: (() => void)[] = [];
afterEach(() => {
  globalThis.fetch = fetch;
  for (const end of ends.splice(0)) end();
});

interface Express {
  backend(secret: string, find: (email: string) => object | undefined): RequestListener;
}

let server: Server;
let url = "";
beforeEach(async (context) => {
  if (!("name" in context) || !context.name.includes("Express")) return;
  const { backend } = await run<Express>("backends/express.ts");
  const users = new Map([["user@example.com", { id: "u1", email: "user@example.com" }]]);
  server = createServer(backend("a secret of its own", (email) => users.get(email)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ends.push(() => server.close().closeAllConnections());
});

function client(page = browser()) {
  const auth = createAuthClient({ baseUrl: url, fetch: page.fetch });
  ends.push(() => auth.dispose());
  return { auth, page };
}

test("the Express backend signs in, renews, serves, and signs out", async () => {
  const { auth, page } = client();
  assert.equal(await code(auth.login({ email: "nobody@example.com" })), "invalid_credentials");
  const user = await auth.login(credentials);
  assert.equal(user?.email, "user@example.com");
  const token = await auth.getAccessToken();
  await auth.refresh();
  assert.notEqual(page.cookie, "");
  assert.deepEqual(await (await auth.fetch("/bookings")).json(), { of: "user@example.com" });
  await auth.logout();
  assert.equal(page.cookie, "");
  const late = await fetch(`${url}/bookings`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(late.status, 401);
});

test("the Express backend answers an honest repetition with the same successor", async () => {
  const { auth, page } = client();
  await auth.login(credentials);
  const before = page.cookie;
  page.lost = 1;
  assert.equal(await code(auth.refresh()), "network");
  assert.equal(page.cookie, before, "nobody has the successor");
  await auth.refresh();
  assert.equal(auth.session.status, "signed-in");
  await auth.refresh();
  assert.equal(auth.session.status, "signed-in");
});

test("the Express backend takes a spent token without its key for stolen, and ends all of the user's sessions", async () => {
  const { auth, page } = client();
  const other = client();
  await other.auth.login(credentials);
  await auth.login(credentials);
  const spent = page.cookie;
  await auth.refresh();
  const stolen = await fetch(`${url}/auth/refresh`, {
    method: "POST",
    headers: { cookie: spent },
  });
  assert.equal(stolen.status, 401);
  for (const one of [auth, other.auth]) {
    assert.equal(await code(one.refresh()), "login_required");
    assert.equal(one.session.status, "signed-out");
  }
});

test("the Express backend's logout of the others leaves this one, and an old copy of a request ends nothing", async () => {
  const { auth, page } = client();
  const other = client();
  await other.auth.login(credentials);
  await auth.login(credentials);
  await auth.logout({ scope: "others" });
  assert.equal(await code(other.auth.refresh()), "login_required");

  let sent: RequestInit | undefined;
  const { fetch: send } = page;
  page.fetch = (input, init) => {
    sent ??= {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), cookie: page.cookie },
    };
    return send(input, init);
  };
  const watched = createAuthClient({
    baseUrl: url,
    restore: "always",
    fetch: (input, init) => page.fetch(input, init),
  });
  ends.push(() => watched.dispose());
  await watched.login(credentials);
  sent = undefined;
  await watched.refresh();
  const copy = sent;
  await watched.refresh();
  await watched.refresh();
  assert.equal((await fetch(`${url}/auth/refresh`, copy)).status, 409);
  await watched.refresh();
  assert.equal(watched.session.status, "signed-in");
});

test("Simple JWT's answers are read: no lifetime but the token's own, and names of its own", async () => {
  const { contract } = await run<{ contract: Contract }>("backends/simple-jwt.ts");
  const seconds = () => Math.floor(Date.now() / 1_000);
  let n = 0;
  const pair = () => {
    n += 1;
    return {
      access: jwt({ user_id: 1, iat: seconds(), exp: seconds() + 300, n }),
      refresh: `r${n}`,
    };
  };
  const { auth, to } = world(
    { contract },
    { "/api/token/": pair, "/api/token/refresh/": pair, "/api/token/blacklist/": () => ({}) },
  );
  await auth.login(credentials);
  assert.deepEqual(JSON.parse(String(to("/api/token/")[0]?.body)), {
    username: "user@example.com",
    password: "password",
  });
  assert.ok(auth.session.status === "signed-in" && auth.session.expiresAt < Date.now() + 301_000);
  await auth.refresh();
  assert.equal(to("/api/token/refresh/")[0]?.body, '{"refresh":"r1"}');
  await auth.logout();
  assert.equal(to("/api/token/blacklist/")[0]?.body, '{"refresh":"r2"}');
});

test("the tutorials' Spring Boot refuses a refresh with 403, and that is a refusal", async () => {
  const { contract } = await run<{ contract: Contract }>("backends/spring-boot.ts");
  const { auth } = world(
    { contract },
    {
      "/api/auth/signin": () => ({ accessToken: "a1", refreshToken: "r1", tokenType: "Bearer" }),
      "/api/auth/refreshtoken": () =>
        Response.json({ message: "Refresh token was expired." }, { status: 403 }),
    },
  );
  await auth.login(credentials);
  assert.equal(await code(auth.refresh()), "login_required");
});

test("a token endpoint of other addresses is asked in forms, and told who asks", async () => {
  const { contract } = await run<{ contract: Contract }>("backends/token-endpoint.ts");
  const grant = () => ({ access_token: "a1", refresh_token: "r1", expires_in: 300 });
  const { auth, to } = world({ contract }, { "/oauth2/token": grant });
  await auth.login(credentials);
  await auth.refresh();
  assert.deepEqual(
    to("/oauth2/token").map(({ body }) => Object.fromEntries(new URLSearchParams(String(body)))),
    [
      {
        grant_type: "password",
        client_id: "spa",
        username: "user@example.com",
        password: "password",
      },
      { grant_type: "refresh_token", client_id: "spa", refresh_token: "r1" },
    ],
  );
});

test("a session that the old code kept goes on, and its token moves", async () => {
  const kept = new Map([["refresh_token", "r0"]]);
  const old = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
  Object.assign(globalThis, { localStorage: old, location: new URL("https://app.example.com/") });
  ends.push(() => {
    Reflect.deleteProperty(globalThis, "localStorage");
    Reflect.deleteProperty(globalThis, "location");
  });
  const { storage, auth } = await run<{
    storage(kept: object): TokenStorage;
    auth: AuthClient;
  }>("moving/keep-signed-in.ts");
  auth.dispose();
  const answers = {
    "/auth/token": () => ({ access_token: "a1", refresh_token: "r1", expires_in: 300 }),
  };
  const { auth: moved, to } = world(
    { contract: "oauth2", restore: "always", storage: storage(old) },
    answers,
  );
  await moved.ready;
  assert.equal(moved.session.status, "signed-in");
  assert.match(String(to("/auth/token")[0]?.body), /refresh_token=r0/);
  assert.deepEqual([kept.get("session"), kept.has("refresh_token")], ["r1", false]);
});

test("Supabase's server gets its key with each request, and its logout the token", async () => {
  const sent: (string | null)[][] = [];
  globalThis.fetch = async (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
    const { pathname, search } = new URL(input instanceof Request ? input.url : String(input));
    sent.push([pathname + search, headers.get("apikey"), headers.get("authorization")]);
    return Response.json({
      access_token: "a1",
      refresh_token: "r1",
      expires_in: 3600,
      user: { id: "u1" },
    });
  };
  const { auth, signOut } = await run<{ auth: AuthClient; signOut(): Promise<void> }>(
    "moving/supabase.ts",
  );
  ends.push(() => auth.dispose());
  assert.equal((await auth.login(credentials))?.id, "u1");
  await signOut();
  assert.equal(auth.session.status, "signed-out");
  const key = "the project's publishable key";
  assert.deepEqual(sent, [
    ["/auth/v1/token?grant_type=password", key, null],
    ["/auth/v1/logout?scope=global", key, "Bearer a1"],
  ]);
});

test("a mock to develop against is started, and its clock is moved", async () => {
  const told = await run<{ status: number; rotations: number; ended: Promise<void> }>(
    "development/mock.test.ts",
  );
  await told.ended;
  assert.deepEqual([told.status, told.rotations], [200, 1]);
});

test("a login that the platform brings asks nobody", async () => {
  assert.ok(isAuthError(await run("backends/sign-in-anew.ts").catch((error: unknown) => error)));
  Object.assign(globalThis, { location: new URL(`${base}/`) });
  ends.push(() => Reflect.deleteProperty(globalThis, "location"));
  globalThis.fetch = async (input, init) =>
    new Headers(init?.headers).get("authorization") || !String(input).endsWith("/sso/token")
      ? Response.json({ bearer: new Headers(init?.headers).get("authorization") })
      : Response.json({ token: "a1", ttl: 300 });
  const { auth } = await run<{ auth: AuthClient }>("backends/sign-in-anew.ts");
  ends.push(() => auth.dispose());
  assert.deepEqual(await (await auth.fetch("/me")).json(), { bearer: "Bearer a1" });
});

test("the README's first lines restore, sign in, fetch, tell and sign out", async () => {
  const [first] = blocks("README.md", await read("README.md"));
  const sent: string[] = [];
  // Without a lifetime: whatever happens, no timer keeps this process alive.
  globalThis.fetch = async (input) => {
    const { origin, pathname } = new URL(String(input));
    assert.equal(origin, base);
    sent.push(pathname);
    return pathname === "/auth/refresh"
      ? Response.json({ error: "invalid_grant" }, { status: 401 })
      : Response.json({ accessToken: "token", user: { id: "u1" } });
  };
  const told: string[] = [];
  const render = ({ status }: Session) => told.push(status);
  // What a reader fills in.
  Object.assign(globalThis, { ...credentials, render });
  ends.push(() =>
    ["email", "password", "render"].forEach((name) => Reflect.deleteProperty(globalThis, name)),
  );
  await run(first!.file);
  assert.deepEqual(sent, ["/auth/login", "/bookings", "/auth/logout"]);
  assert.equal(told.at(-1), "signed-out");
});
