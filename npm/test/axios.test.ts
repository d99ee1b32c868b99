// axios through `auth.fetch`: what it sends, how it is renewed, and what it rejects with.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import axios, { AxiosError } from "axios";
import { createAuthClient, isAuthError } from "evertoken";
import { attach } from "evertoken/axios";

const clients: { dispose(): void }[] = [];
afterEach(() => {
  for (const auth of clients.splice(0)) auth.dispose();
});

interface Sent {
  path: string;
  method: string;
  bearer: string | null;
  marker: string | null;
  body: string;
}

function world() {
  const sent: Sent[] = [];
  const backend = { good: "", issued: 0 };
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    const bearer = request.headers.get("authorization");
    const marker = request.headers.get("x-marker");
    const body = await request.text();
    sent.push({ path: pathname, method: request.method, bearer, marker, body });
    if (pathname.startsWith("/auth/")) {
      backend.issued += 1;
      backend.good = `token-${backend.issued}`;
      return Response.json({ accessToken: backend.good, expiresIn: 900 });
    }
    if (bearer !== `Bearer ${backend.good}`) return Response.json({}, { status: 401 });
    return Response.json({ path: pathname }, { status: pathname === "/missing" ? 404 : 200 });
  };
  const auth = createAuthClient({ baseUrl: "https://api.example.com", restore: "never", fetch });
  clients.push(auth);
  const api = axios.create({ baseURL: "https://api.example.com" });
  return { auth, api, sent, backend, detach: attach(api, auth) };
}

test("a request carries the token, and after a 401 goes out once more, whole, with the new one", async () => {
  const { auth, api, sent, backend } = world();
  await auth.login({});
  assert.deepEqual((await api.get("/me")).data, { path: "/me" });
  backend.good = "expired";
  const five = [1, 2, 3, 4, 5].map((n) =>
    api.post("/orders", { n }, { headers: { "X-Marker": "m" } }),
  );
  assert.deepEqual(
    (await Promise.all(five)).map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  assert.equal(sent.filter(({ path }) => path === "/auth/refresh").length, 1);
  const orders = sent.filter(({ path }) => path === "/orders");
  assert.equal(orders.length, 10);
  assert.deepEqual(orders.at(-1), {
    path: "/orders",
    method: "POST",
    bearer: "Bearer token-2",
    marker: "m",
    body: '{"n":5}',
  });
});

test("a path without a baseURL is the backend's, and not the page's", async () => {
  const { auth, sent } = world();
  await auth.login({});
  const bare = axios.create();
  attach(bare, auth);
  assert.equal((await bare.get("/me")).status, 200);
  assert.deepEqual([sent.at(-1)?.path, sent.at(-1)?.bearer], ["/me", "Bearer token-1"]);
});

test("without a session it rejects with the AuthError itself; what the backend says stays axios's", async () => {
  const { auth, api } = world();
  const error = await api.get("/me").catch((error: unknown) => error);
  assert.ok(isAuthError(error) && error.code === "login_required");
  await auth.login({});
  const missing = await api.get("/missing").catch((error: unknown) => error);
  assert.ok(missing instanceof AxiosError && missing.response?.status === 404);
  await assert.rejects(api.get("/me", { signal: AbortSignal.abort() }), axios.isCancel);
});

test("a token goes to no other origin, and to none once it is detached", async () => {
  const { auth, api, sent, detach } = world();
  await auth.login({});
  const was = console.warn;
  console.warn = () => {};
  try {
    await api.get("https://other.example.com/me").catch(() => {});
  } finally {
    console.warn = was;
  }
  assert.equal(sent.at(-1)?.bearer, null);
  detach();
  const before = sent.length;
  await api.get("http://127.0.0.1:1/me").catch(() => {});
  assert.equal(sent.length, before);
});

test("cookies go along as withCredentials says, and as the contract needs them", async () => {
  const seen: (string | undefined)[] = [];
  const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
    seen.push(init?.credentials);
    return Response.json({ accessToken: "token", expiresIn: 900 });
  };
  for (const contract of ["rotation", "gateway"] as const) {
    const baseURL = "https://api.example.com";
    const auth = createAuthClient({ baseUrl: baseURL, contract, restore: "never", fetch });
    clients.push(auth);
    await auth.setSession({ accessToken: "token" });
    const api = axios.create({ baseURL });
    attach(api, auth);
    await api.get("/me");
    await api.post("/me", {}, { withCredentials: true });
  }
  assert.deepEqual(seen, [undefined, "include", "include", "include"]);
});

test("an answer can be read as a stream, and its progress be watched", async () => {
  const { auth, api } = world();
  await auth.login({});
  const { data } = await api.get<ReadableStream>("/me", { responseType: "stream" });
  assert.equal(await new Response(data).text(), '{"path":"/me"}');
  const loaded = await new Promise((resolve) => {
    void api.get("/me", { onDownloadProgress: (progress) => resolve(progress.loaded) });
  });
  assert.equal(loaded, 14);
});

test("a form goes out whole both times", async () => {
  const { auth, api, sent, backend } = world();
  await auth.login({});
  backend.good = "expired";
  const form = new FormData();
  form.append("file", new Blob(["content"]), "a.txt");
  assert.equal((await api.post("/files", form)).status, 200);
  const files = sent.filter(({ path }) => path === "/files");
  assert.equal(files.length, 2);
  for (const { body } of files) assert.match(body, /filename="a\.txt"[^]*content/);
});

test("to detach once more changes nothing for whoever attached since", async () => {
  const { auth, api, detach } = world();
  await auth.login({});
  detach();
  attach(api, auth);
  detach();
  assert.equal((await api.get("/me")).status, 200);
});

test("axios names itself to nobody, which across origins a backend would have to allow; another name stays", async () => {
  const seen: (string | null)[] = [];
  const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
    seen.push(new Headers(init?.headers).get("user-agent"));
    return Response.json({});
  };
  const baseUrl = "https://api.example.com";
  const auth = createAuthClient({ baseUrl, restore: "never", fetch });
  clients.push(auth);
  await auth.setSession({ accessToken: "token" });
  const api = axios.create({ baseURL: baseUrl });
  attach(api, auth);
  await api.get("/me");
  await api.get("/me", { headers: { "User-Agent": "mine/1" } });
  assert.deepEqual(seen, [null, "mine/1"]);
});

test("what is given as the data of a GET is left out, as it was with XMLHttpRequest", async () => {
  const { auth, api, sent } = world();
  await auth.login({});
  assert.equal((await api.get("/me", { data: { id: 1 } })).status, 200);
  assert.equal((await api.head("/me", { data: {} })).status, 200);
  assert.equal(sent.at(-1)?.body, "");
  await api.delete("/me", { data: { id: 1 } });
  assert.equal(sent.at(-1)?.body, '{"id":1}');
});
