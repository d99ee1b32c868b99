// Signing in without asking anybody, where the session cannot be renewed.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { AuthEvent, Contract } from "evertoken";

import { code, credentials, memory, world } from "./support/world.js";

test("a contract that renews by signing in anew asks for credentials, and each time once", async () => {
  let n = 0;
  let refused = false;
  let asked = 0;
  const contract: Contract = {
    renewal: "reauthenticate",
    refreshToken: "cookie",
    login: { path: "/session" },
    fields: { accessToken: "token", expiresIn: "ttl" },
  };
  const { auth, to } = world(
    {
      contract,
      reauthenticate: async () => {
        asked += 1;
        return { assertion: asked };
      },
    },
    {
      "/session": () =>
        refused ? new Response("", { status: 401 }) : { token: `t${++n}`, ttl: 900 },
      "/me": ({ bearer }) =>
        new Response("", { status: bearer === `Bearer t${n}` && n !== 1 ? 200 : 401 }),
    },
  );
  // From signed out: one sign-in for all; its token is refused; one more for all.
  const statuses = await Promise.all([1, 2, 3].map(() => auth.fetch("/me").then((r) => r.status)));
  assert.deepEqual(statuses, [200, 200, 200]);
  assert.deepEqual(
    to("/session").map((one) => one.body),
    ['{"assertion":1}', '{"assertion":2}'],
  );
  refused = true;
  assert.equal(await code(auth.refresh()), "login_required");
  assert.equal(asked, 3);
  assert.equal(auth.session.status, "signed-in", "its token is still good");
  await auth.logout();
  assert.equal(await code(auth.fetch("/me")), "login_required");
  assert.equal(asked, 3, "a logout is not undone behind the user's back");
});

test("a hook that fails, or brings nothing, is no way in", async () => {
  const was = globalThis.reportError;
  globalThis.reportError = () => {};
  try {
    const events: AuthEvent[] = [];
    for (const reauthenticate of [
      () => Promise.reject(new Error("mine")),
      (): never => {
        throw new Error("mine");
      },
      async () => undefined as never,
      async () => "the code itself" as never,
    ]) {
      const { auth, sent } = world({
        contract: "code-exchange",
        reauthenticate,
        onEvent: (event) => events.push(event),
      });
      assert.equal(await code(auth.fetch("/me")), "login_required");
      assert.equal(sent.length, 0);
    }
    assert.equal(events.filter((event) => event.type === "listener-failed").length, 2);
  } finally {
    globalThis.reportError = was;
  }
});

test("a sign-in that fails for now says so, and the session is not over", async () => {
  const { auth } = world(
    { contract: "code-exchange", reauthenticate: async () => ({ code: "c" }) },
    { "/wx/auth/login": () => new Response("", { status: 503 }) },
  );
  assert.equal(await code(auth.fetch("/me")), "server");
  assert.deepEqual(auth.session, { status: "signed-out", reason: "never" });
});

test("a hook that is slower than the bound is asked for one thing at a time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  let asked = 0;
  let bring = (_: Record<string, unknown>): void => {};
  const { auth, to } = world(
    {
      contract: "code-exchange",
      reauthenticate: () => {
        asked += 1;
        return new Promise((resolve) => (bring = resolve));
      },
    },
    { "/wx/auth/login": () => ({ accessToken: "t", refreshToken: "r", expiresIn: 900 }) },
  );
  const first = code(auth.fetch("/me"));
  while (asked === 0) await Promise.resolve();
  t.mock.timers.tick(10_001);
  assert.equal(await first, "timeout");
  const second = auth.fetch("/me");
  await new Promise((resolve) => setImmediate(resolve));
  bring({ code: "late" });
  assert.equal((await second).status, 200);
  assert.equal(asked, 1);
  assert.deepEqual(
    to("/wx/auth/login").map((one) => one.body),
    ['{"code":"late"}'],
  );
});

test("nobody is asked for credentials at the start", async () => {
  let asked = 0;
  const { auth } = world({
    contract: "code-exchange",
    restore: "always",
    storage: memory(),
    reauthenticate: async () => ({ code: String(++asked) }),
  });
  await auth.ready;
  assert.deepEqual([auth.session, asked], [{ status: "signed-out", reason: "never" }, 0]);
});

test("a session that is handed over while the hook is asked is not replaced by what the hook brings", async () => {
  const storage = memory();
  let bring = (_: Record<string, unknown>): void => {};
  const brought = new Promise<Record<string, unknown>>((resolve) => (bring = resolve));
  let isAsked = false;
  const { auth, to } = world({
    contract: "code-exchange",
    storage,
    reauthenticate: () => ((isAsked = true), brought),
  });
  const call = auth.fetch("/me");
  while (!isAsked) await Promise.resolve();
  await auth.setSession({ accessToken: "given", refreshToken: "handed", expiresIn: 900 });
  bring({ code: "c" });
  await call;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(to("/wx/auth/login"), []);
  assert.equal(storage.token, "handed");
});

test("a login that is not answered leaves the session, where nobody can be asked how it ended", async () => {
  const contract: Contract = {
    renewal: "reauthenticate",
    refreshToken: "cookie",
    login: { path: "/login" },
    fields: { accessToken: "token" },
  };
  const reauthenticate = async () => ({});
  for (const options of [{ contract: "gateway" } as const, { contract, reauthenticate }]) {
    let isLost = false;
    const login = () => {
      if (isLost) throw new TypeError("Failed to fetch");
      return { token: "t", accessToken: "t" };
    };
    const { auth } = world(options, { "/gateway/login": login, "/login": login });
    await auth.login(credentials);
    isLost = true;
    assert.equal(await code(auth.login(credentials)), "network");
    assert.equal(auth.session.status, "signed-in");
    assert.equal(await auth.getAccessToken(), "t");
  }
});
