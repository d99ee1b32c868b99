// Where a request goes is what the browser makes of its address, also where the client does not ask it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createAuthClient, isAuthError, type Contract } from "evertoken";

import { code, credentials, world } from "./support/world.js";

/** What paths are made of, and what has tricked those who read them by themselves. */
const PARTS = [
  "/",
  "a",
  "b-1",
  "_",
  "~",
  ".",
  "..",
  "%2e",
  "%2F",
  "%",
  "?",
  "&",
  "=",
  "#",
  "\\",
].concat(["@", ":", ";", "+", " ", "\t", "é", "login", "auth", "evil.test", "'", '"', "|"]);

/** All short ones, and many that are longer. */
function* paths() {
  for (const first of PARTS) for (const second of PARTS) yield `/${first}${second}`;
  let seed = 1;
  const next = () => (seed = (seed * 48_271) % 2_147_483_647);
  for (let n = 0; n < 3_000; n += 1) {
    const parts = Array.from({ length: 2 + (next() % 7) }, () => PARTS[next() % PARTS.length]);
    yield `/${parts.join("")}`;
  }
}

test("a path goes where the browser reads it to, and none gets out of its origin with the token", async () => {
  for (const base of ["https://api.example.com", "https://api.example.com/v1/"]) {
    const sent: [url: string, bearer: string | null][] = [];
    const { auth } = world({
      baseUrl: base,
      fetch: async (input, init) => {
        const headers = new Headers(init?.headers);
        sent.push([String(input), headers.get("authorization")]);
        return Response.json({ accessToken: "token", expiresIn: 900 });
      },
    });
    await auth.login(credentials);
    const { pathname, origin } = new URL(base);
    const { warn } = console;
    console.warn = () => {};
    for (const path of paths()) {
      // Two slashes are another host, by the browser's own rule.
      const below = /^[\\/]{2}/.test(path) ? path : pathname.replace(/\/$/, "") + path.trim();
      let wanted: URL;
      try {
        wanted = new URL(below.trim(), base);
      } catch {
        continue;
      }
      await auth.fetch(path);
      assert.deepEqual(
        sent.at(-1),
        [wanted.href, wanted.origin === origin ? "Bearer token" : null],
        JSON.stringify(path),
      );
    }
    console.warn = warn;
  }
});

test("an auth endpoint is one by its path, however it is written", async () => {
  const { auth, sent } = world(
    {},
    { "/auth/login": () => ({ accessToken: "token", expiresIn: 900 }) },
  );
  await auth.login(credentials);
  for (const path of ["/auth/login", "/auth/login?again=1", "/auth/./login", "/x/../auth/login"]) {
    await auth.fetch(path, { method: "POST" });
    assert.equal(sent.at(-1)?.bearer, null, path);
  }
  await auth.fetch("/auth/login-page", { method: "POST" });
  assert.equal(sent.at(-1)?.bearer, "Bearer token");
});

test("an auth endpoint is one also where the contract writes its path otherwise than the browser", async () => {
  const contract: Contract = {
    renewal: "endpoint",
    refreshToken: "cookie",
    login: { path: "/connexió/{app}/./login?v=1" },
    refresh: { path: "/connexió/refresh" },
    fields: { accessToken: "token" },
  };
  const { auth, sent } = world({ contract });
  await auth.fetch("/connexió/{app}/login", { method: "POST" });
  assert.equal(sent.length, 1);
});

test("a baseUrl that is no whole address begins at the page's origin, whichever page it is", async () => {
  const pages = ["https://app.example.com/", "https://app.example.com/sign/in?next=1#top"];
  const had = Object.getOwnPropertyDescriptor(globalThis, "location");
  try {
    for (const href of pages) {
      Object.defineProperty(globalThis, "location", { value: new URL(href), configurable: true });
      for (const [baseUrl, path] of [
        [undefined, "/auth/login"],
        ["", "/auth/login"],
        ["api", "/api/auth/login"],
        ["/api/", "/api/auth/login"],
      ] as const) {
        const { auth, sent } = world({ baseUrl: baseUrl as string });
        await code(auth.login(credentials));
        assert.equal(sent[0]?.path, path, `${baseUrl} on ${href}`);
      }
    }
  } finally {
    if (had) Object.defineProperty(globalThis, "location", had);
    else delete (globalThis as { location?: unknown }).location;
  }
});

test("what is no address is refused, and not looked for below the page's origin", async () => {
  const had = Object.getOwnPropertyDescriptor(globalThis, "location");
  const value = new URL("https://app.example.com/");
  Object.defineProperty(globalThis, "location", { value, configurable: true });
  const refused = (make: () => unknown, what: string) =>
    assert.throws(make, (error) => isAuthError(error) && error.code === "invalid_argument", what);
  try {
    for (const baseUrl of [null, 42, true, {}, [], () => "/api"]) {
      refused(() => world({ baseUrl: baseUrl as string }), String(baseUrl));
    }
    const address = new URL("https://api.example.com");
    refused(() => createAuthClient(address as object), "an address in place of the options");
    // Of another realm, or another's implementation.
    const foreign = { href: address.href } as URL;
    const { auth, sent } = world({ baseUrl: foreign });
    await code(auth.login(credentials));
    assert.equal(sent[0]?.path, "/auth/login");
  } finally {
    if (had) Object.defineProperty(globalThis, "location", had);
    else delete (globalThis as { location?: unknown }).location;
  }
});
