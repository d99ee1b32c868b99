// What the guides sketch in a few lines runs too: middleware of Express, a program, a page of a server, the code flow.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, before, test } from "node:test";

import express, { type Express, type RequestHandler, type Router } from "express";
import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { createAuthClient, type AuthClient, type ContractName } from "evertoken";
import { useSession } from "evertoken/react";

import { blocks, read, run, write } from "./support/documents.js";
import { base, browser, code, credentials, issuer, jwt } from "./support/world.js";

before(async () => {
  const names = ["docs/backends.md", "docs/bundlers.md", "docs/moving.md"];
  const all = await Promise.all(names.map(async (name) => blocks(name, await read(name))));
  await write(all.flat());
});

const { fetch } = globalThis;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  globalThis.fetch = fetch;
  for (const end of ends.splice(0).reverse()) await end();
});

/** A client of an Express server. */
async function served(app: Express, contract: ContractName) {
  const server = createServer(app);
  await once(server.listen(0, "127.0.0.1"), "listening");
  ends.push(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const page = browser();
  const auth = createAuthClient({
    baseUrl: `http://127.0.0.1:${port}`,
    contract,
    fetch: page.fetch,
  });
  ends.push(() => auth.dispose());
  return { auth, page };
}

/** Members of the global object, for as long as a test takes. */
function globals(members: object) {
  Object.assign(globalThis, members);
  ends.push(() => Object.keys(members).forEach((name) => Reflect.deleteProperty(globalThis, name)));
}

test("the fixed cookie's route in Express renews, and refuses who is not active any more", async () => {
  const { routes } = await run<{
    routes(verify: (cookie: string) => object | undefined, sign: (id: string) => string): Router;
  }>("backends/fixed-cookie.ts");
  const active = new Set(["u1"]);
  const exp = Math.floor(Date.now() / 1_000) + 300;
  let n = 0;
  const sign = (sub: string) => jwt({ sub, exp, n: (n += 1) });
  const app = express();
  app.post("/api/v1/auth/login", (_, response) => {
    response.cookie("refreshToken", "u1", { httpOnly: true, path: "/" });
    response.json({ accessToken: sign("u1") });
  });
  app.use(routes((id) => (active.has(id) ? { id } : undefined), sign));
  const { auth } = await served(app, "fixed-cookie");
  await auth.login(credentials);
  const first = await auth.getAccessToken();
  await auth.refresh();
  assert.notEqual(await auth.getAccessToken(), first);
  active.clear();
  assert.equal(await code(auth.refresh()), "login_required");
  assert.equal(auth.session.status, "signed-out");
});

test("the gateway's middleware in Express serves an expired token of its user, and brings the next", async () => {
  const { renewing } = await run<{
    renewing(
      read: (bearer?: string) => { user: string; expired: boolean } | undefined,
      cookieOf: (cookies?: string) => string | undefined,
      sign: (user: string) => string,
    ): RequestHandler;
  }>("backends/gateway.ts");
  const exp = Math.floor(Date.now() / 1_000) + 300;
  const claims = (token: string) =>
    JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as {
      sub: string;
      n: number;
    };
  let n = 0;
  let expired = 0;
  const sign = (sub: string) => jwt({ sub, exp, n: (n += 1) });
  const seen = (bearer?: string) => {
    if (!bearer) return undefined;
    const { sub, n } = claims(bearer);
    return { user: sub, expired: n <= expired };
  };
  const cookieOf = (cookies?: string) => /refresh_token=([^;]*)/.exec(cookies ?? "")?.[1];
  const app = express();
  app.post(/\/login$/, (_, response) => {
    response.cookie("refresh_token", "u1", { httpOnly: true, path: "/" });
    response.json({ accessToken: sign("u1"), access_token: sign("u1") });
  });
  app.use("/gateway/api", renewing(seen, cookieOf, sign));
  app.get("/gateway/api/me", (_, response) => void response.json(response.locals.user));
  const { auth, page } = await served(app, "gateway");
  await auth.login(credentials);
  const first = await auth.getAccessToken();
  const me = () => auth.fetch("/gateway/api/me", { credentials: "include" });
  assert.equal(await (await me()).json(), "u1");
  assert.equal(await auth.getAccessToken(), first, "a good token is left as it is");
  expired = n;
  assert.equal(await (await me()).json(), "u1");
  const second = await auth.getAccessToken();
  assert.equal(claims(second).n, n, "the next was adopted");
  expired = n;
  page.cookie = "refresh_token=somebody-else";
  assert.equal((await me()).status, 403);
});

test("a program keeps its session in a file, and is signed in when it is started again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "evertoken-"));
  const before = process.cwd();
  process.chdir(folder);
  ends.push(
    () => rm(folder, { recursive: true }),
    () => process.chdir(before),
  );
  const grant = issuer();
  const asked: string[] = [];
  globalThis.fetch = async (input, init) => {
    asked.push(new URLSearchParams(String(init?.body)).get("grant_type") ?? String(input));
    return Response.json(grant());
  };
  const first = await run<{ auth: AuthClient }>("bundlers/cli.ts");
  await first.auth.login(credentials);
  assert.equal(await readFile("session", "utf8"), "refresh-1");
  first.auth.dispose();
  const second = await run<{ auth: AuthClient }>("bundlers/cli.ts");
  await second.auth.ready;
  ends.push(() => second.auth.dispose());
  assert.equal(await second.auth.getAccessToken(), "access-2");
  assert.equal(await readFile("session", "utf8"), "refresh-2");
  assert.deepEqual(asked, ["password", "refresh_token"]);
  await second.auth.logout();
  await assert.rejects(readFile("session", "utf8"), { code: "ENOENT" });
});

test("a page that a server renders asks nobody, and says that it is restoring", async () => {
  globalThis.fetch = () => assert.fail("a server asks for no session");
  const { Auth, auth } = await run<{
    Auth(props: { children: ReactNode }): ReactNode;
    auth: AuthClient;
  }>("bundlers/auth.tsx");
  ends.push(() => auth.dispose());
  const Who = () => createElement("p", null, useSession().status);
  const page = renderToString(createElement(Auth, null, createElement(Who)));
  assert.equal(page, "<p>restoring</p>");
});

test("what the code flow of oidc-client-ts brings is handed over, and the refreshes are the client's", async () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      kept,
      get length() {
        return kept.size;
      },
      key: (at: number) => [...kept.keys()][at] ?? null,
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    };
  };
  let leave: (url: string) => void;
  const origin = "https://app.example.com";
  const location = { origin, href: `${origin}/`, assign: (url: string) => leave(url) };
  const [localStorage, sessionStorage] = [storage(), storage()];
  const page = { location, localStorage, sessionStorage };
  globals({ ...page, window: { ...page, self: page, addEventListener() {} } });
  const authority = "https://id.example.com";
  const grant = issuer(() => ({
    token_type: "Bearer",
    id_token: jwt({ iss: `${authority}/`, aud: "spa", sub: "u1", name: "Uma" }),
  }));
  const asked: string[] = [];
  globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    if (pathname.startsWith("/.well-known/")) {
      return Response.json({
        issuer: `${authority}/`,
        authorization_endpoint: `${authority}/authorize`,
        token_endpoint: `${authority}/token`,
      });
    }
    const form = new URLSearchParams(String(init?.body));
    asked.push(form.get("grant_type") ?? `${pathname} ${form.get("token")}`);
    return Response.json(grant());
  };
  const { auth, signIn, callback } = await run<{
    auth: AuthClient;
    signIn(): Promise<void>;
    callback(): Promise<void>;
  }>("moving/oidc.ts");
  ends.push(() => auth.dispose());
  const there = await new Promise<string>((resolve, reject) => {
    leave = resolve;
    // The page is left, so it never ends well.
    signIn().catch(reject);
  });
  const state = new URL(there).searchParams.get("state");
  location.href = `${origin}/callback?code=c1&state=${state}`;
  await callback();
  assert.ok(auth.session.status === "signed-in" && auth.session.user?.name === "Uma");
  assert.equal(await auth.getAccessToken(), "access-1");
  assert.ok(!JSON.stringify([...sessionStorage.kept]).includes("access-1"));
  await auth.refresh();
  assert.equal(await auth.getAccessToken(), "access-2");
  await auth.logout();
  assert.deepEqual(asked, ["authorization_code", "refresh_token", "/revoke refresh-2"]);
});
