// What callers pass: what is refused, and by which name; and what is taken as it was when they passed it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isAuthError } from "evertoken";

import { base, code, credentials, issuer, world } from "./support/world.js";

test("a wrong argument is refused by its name, and the session is as it was", async () => {
  const { auth, sent } = world({}, { "/auth/login": () => ({ accessToken: "t", expiresIn: 900 }) });
  await auth.login(credentials);
  const nothing = null as never;
  const strange = { signal: { aborted: false } as never };
  const wrong: [string, () => unknown][] = [
    ["credentials", () => auth.login(nothing)],
    ["options", () => auth.login(credentials, nothing)],
    ["signal", () => auth.login(credentials, strange)],
    ["grant", () => auth.setSession(nothing)],
    ["access token", () => auth.setSession({ accessToken: "" })],
    ["options", () => auth.getAccessToken(nothing)],
    ["signal", () => auth.getAccessToken(strange)],
    ["options", () => auth.refresh(nothing)],
    ["signal", () => auth.refresh({ signal: "now" as never })],
    ["signal", () => auth.refresh({ signal: false as never })],
    ["options", () => auth.logout(nothing)],
    ["signal", () => auth.logout(strange)],
    ["scope", () => auth.logout({ scope: "everybody" as never })],
    ["scope", () => auth.logout({ scope: nothing })],
    ["listener", () => auth.subscribe(nothing)],
    ["url", () => auth.loginWithRedirect("javascript:alert(1)")],
  ];
  for (const [name, call] of wrong) {
    await assert.rejects(
      async () => call(),
      (error) =>
        isAuthError(error) && error.code === "invalid_argument" && error.message.includes(name),
      `${name}: ${call}`,
    );
  }
  assert.equal(auth.session.status, "signed-in");
  assert.equal(sent.length, 1);
  // As in the options of `fetch`, this is none.
  assert.equal(await auth.getAccessToken({ signal: nothing }), "t");
});

test("credentials that are a list are sent where they say themselves what they are as JSON", async () => {
  const { auth, sent } = world({}, { "/auth/login": () => ({ accessToken: "t", expiresIn: 900 }) });
  const list = Object.assign(new Map([["email", "u"]]), { toJSON: () => ({ email: "u" }) });
  await auth.login(list as never);
  assert.equal(sent[0]?.body, '{"email":"u"}');
});

test("a listener that another one stops is not called any more, in the same change neither", async () => {
  const { auth } = world({}, { "/auth/login": () => ({ accessToken: "t", expiresIn: 900 }) });
  const seen: string[] = [];
  auth.subscribe(({ status }) => {
    seen.push(`first ${status}`);
    stop();
  });
  const stop = auth.subscribe(({ status }) => seen.push(`second ${status}`));
  await auth.login(credentials);
  assert.deepEqual(seen, ["first signing-in", "first signed-in"]);
});

test("a signal that was given before the call is the answer to it", async () => {
  const { auth, sent } = world({});
  const signal = AbortSignal.abort("too late");
  const calls = [
    () => auth.login(credentials, { signal }),
    () => auth.getAccessToken({ signal }),
    () => auth.refresh({ signal }),
    () => auth.logout({ signal }),
    () => auth.fetch("/me", { signal }),
  ];
  for (const call of calls) await assert.rejects(call, (reason) => reason === "too late");
  assert.deepEqual([sent, auth.session.status], [[], "signed-out"]);
});

test("a form goes out as it was when it was passed, also if it has to wait or is sent twice", async () => {
  const tokens = issuer();
  let refused = 1;
  const { auth, to } = world(
    { contract: "oauth2" },
    {
      "/auth/token": tokens,
      "/upload": () => new Response("", { status: refused-- > 0 ? 401 : 200 }),
    },
  );
  const query = new URLSearchParams("a=1&a=2");
  const form = new FormData();
  form.append("note", "first");
  form.append("file", new File(["bytes"], "name.txt", { type: "text/plain" }));
  for (const body of [query, form]) {
    refused = 1;
    const login = auth.login(credentials);
    const call = auth.fetch("/upload", { method: "POST", body });
    body.delete("a");
    body.append("note", "second");
    await login;
    assert.equal((await call).status, 200);
  }
  const sent = to("/upload").map((one) => [...(one.body as FormData)]);
  const file = sent[2]?.[1]?.[1] as File;
  assert.deepEqual([file.name, file.type, await file.text()], ["name.txt", "text/plain", "bytes"]);
  assert.deepEqual(
    sent.map((entries) => entries.map(([name, value]) => `${name}=${String(value)}`)),
    [
      ["a=1", "a=2"],
      ["a=1", "a=2"],
      ["note=first", "file=[object File]"],
      ["note=first", "file=[object File]"],
    ],
  );
});

test("bytes go out as they were when they were passed, whatever holds them", async () => {
  const { auth, to } = world({}, { "/auth/login": () => ({ accessToken: "t", expiresIn: 900 }) });
  const holders = [
    (buffer: ArrayBuffer) => buffer,
    (buffer: ArrayBuffer) => new Uint16Array(buffer, 2),
    (buffer: ArrayBuffer) => new Uint8Array(buffer, 4),
    (buffer: ArrayBuffer) => new DataView(buffer, 1, 2),
    (buffer: ArrayBuffer) => Buffer.from(buffer, 1),
  ];
  for (const hold of holders) {
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const login = auth.login(credentials);
    const call = auth.fetch("/upload", { method: "POST", body: hold(bytes.buffer) });
    bytes.fill(9);
    await login;
    await call;
    await auth.logout();
  }
  const read = (body: unknown) => new Response(body as BodyInit).arrayBuffer();
  const sent = await Promise.all(to("/upload").map((one) => read(one.body)));
  assert.deepEqual(
    sent.map((bytes) => [...new Uint8Array(bytes)]),
    [[1, 2, 3, 4], [3, 4], [], [2, 3], [2, 3, 4]],
  );
});

/** Somebody is signed in, and requests are kept as the platform would send them. */
async function sending() {
  const sent: Request[] = [];
  const { auth } = world({
    fetch: async (input, init) => {
      sent.push(new Request(input, init));
      return Response.json({ accessToken: "t", expiresIn: 900 });
    },
  });
  await auth.login(credentials);
  return { auth, sent };
}

test("headers that can be read only once arrive, whoever gets the request", async () => {
  const { auth, sent } = await sending();
  const own = { Authorization: "Basic own" };
  for (const [input, more, bearer] of [
    ["/me", {}, "Bearer t"],
    [new Request(`${base}/me`), {}, "Bearer t"],
    ["/me", own, "Basic own"],
    [new Request(`${base}/me`), own, "Basic own"],
    ["/auth/login", {}, null],
  ] as const) {
    const headers = Object.entries({ "X-Marker": "m", ...more }).values();
    await auth.fetch(input, { method: "POST", headers: headers as unknown as HeadersInit });
    const { headers: arrived } = sent.at(-1)!;
    assert.deepEqual([arrived.get("x-marker"), arrived.get("authorization")], ["m", bearer]);
  }
});

test("options that are an object of a class count, with their accessors", async () => {
  const { auth, sent } = await sending();
  class Options {
    get method() {
      return "PUT";
    }
    get body() {
      return "whole";
    }
  }
  for (const input of ["/me", new Request(`${base}/me`)]) {
    await auth.fetch(input, new Options());
    const request = sent.at(-1)!;
    assert.deepEqual([request.method, await request.text()], ["PUT", "whole"]);
  }
});

test("what goes with a request is taken as it was, too", async () => {
  const { auth, sent } = await sending();
  await auth.logout();
  const login = auth.login(credentials);
  const init = { method: "POST", body: new Uint8Array([1, 2, 3]), headers: { "X-Marker": "m" } };
  const call = auth.fetch(new Request(`${base}/me`), init);
  init.body.fill(9);
  Object.assign(init, { method: "PUT", headers: {} });
  await Promise.all([login, call]);
  const request = sent.at(-1)!;
  assert.deepEqual([request.method, request.headers.get("x-marker")], ["POST", "m"]);
  assert.deepEqual([...new Uint8Array(await request.arrayBuffer())], [1, 2, 3]);
});

test("a form of a class of one's own goes out as it is, and nothing is made of that class again", async () => {
  const { auth, to } = world({}, { "/auth/login": () => ({ accessToken: "t", expiresIn: 900 }) });
  await auth.login(credentials);
  class Marked extends FormData {
    constructor(members: Record<string, string>) {
      super();
      this.append("mark", "once");
      for (const [name, value] of Object.entries(members)) this.append(name, value);
    }
    override append(name: string, value: string | Blob) {
      super.append(name, `${String(value)}!`);
    }
  }
  await auth.fetch("/upload", { method: "POST", body: new Marked({ note: "first" }) });
  assert.deepEqual(
    to("/upload").map((one) => [...(one.body as FormData)]),
    [
      [
        ["mark", "once!"],
        ["note", "first!"],
      ],
    ],
  );
});

test("what a transport of one's own brings in place of a network error is one", async () => {
  const { auth } = world({}, { "/auth/login": () => Response.error() });
  assert.equal(await code(auth.login(credentials)), "network");
});
