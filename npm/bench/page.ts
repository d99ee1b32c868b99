// What a request costs, in the page of a browser: with `auth.fetch` and a good token, beside bare `fetch` with a header set by hand
// and what people use instead. Once with a transport that answers at once, so that only the client counts, and once over the
// loopback. All take turns, many times, and of the times the lowest tenth counts: what else the machine does
// happens to all of them, and only ever adds.

import axios, { type AxiosInstance } from "axios";
import { createAuthRefresh } from "axios-auth-refresh";
import { createAuthClient } from "evertoken";
import ky from "ky";
import { User, UserManager } from "oidc-client-ts";

type Call = () => Promise<unknown>;

const PATH = "/auth/me";
const url = () => location.origin + PATH;

/** Each of them with this transport and a token that is good. */
async function clients(token: string, transport?: typeof fetch): Promise<Record<string, Call>> {
  const send = transport ?? ((input, init) => fetch(input, init));
  const header = `Bearer ${token}`;
  const auth = createAuthClient({
    restore: "never",
    crossTab: false,
    ...(transport && { fetch: transport }),
  });
  await auth.setSession({ accessToken: token, expiresIn: 900 });
  const api = ky.create({
    fetch: send,
    hooks: { beforeRequest: [(request) => request.headers.set("Authorization", header)] },
  });
  // In a page axios uses XMLHttpRequest, if it is not told otherwise.
  const instance = axios.create(transport && { adapter: "fetch", env: { fetch: transport } });
  withRefresh(instance, header);
  const users = new UserManager({
    authority: location.origin,
    client_id: "spa",
    redirect_uri: url(),
  });
  const expires_at = Date.now() / 1_000 + 900;
  const profile = { sub: "u1", iss: "", aud: "", exp: 0, iat: 0 };
  await users.storeUser(
    new User({ access_token: token, token_type: "Bearer", profile, expires_at }),
  );
  const read = async (response: Promise<Response>) => (await response).text();
  const end = transport ? (response: Promise<Response>) => response : read;
  return {
    "bare fetch": () => end(send(PATH, { headers: { Authorization: header } })),
    evertoken: () => end(auth.fetch(PATH)),
    ky: () => end(api.get(url())),
    "axios + axios-auth-refresh": () => instance.get(PATH, { responseType: "text" }),
    "oidc-client-ts + fetch": async () => {
      const user = await users.getUser();
      return end(send(PATH, { headers: { Authorization: `Bearer ${user?.access_token}` } }));
    },
  };
}

function withRefresh(instance: AxiosInstance, header: string): void {
  instance.interceptors.request.use((config) => {
    config.headers.set("Authorization", header);
    return config;
  });
  // Of the types there are two copies, for modules and for CommonJS.
  createAuthRefresh(instance as never, () => Promise.resolve());
}

/** How long one call of each takes, in microseconds. */
async function measure(calls: Record<string, Call>, rounds: number, each: number) {
  const times: Record<string, number[]> = {};
  const entries = Object.entries(calls);
  // The first rounds are for the compiler.
  for (let round = -3; round < rounds; round += 1) {
    // In another order each time: nobody always comes after the same.
    for (const [name, call] of shuffled(entries)) {
      const start = performance.now();
      for (let n = 0; n < each; n += 1) await call();
      const took = ((performance.now() - start) * 1_000) / each;
      if (round >= 0) (times[name] ??= []).push(took);
    }
  }
  return Object.fromEntries(
    Object.keys(calls).map((name) => [
      name,
      times[name]!.sort((a, b) => a - b)[Math.floor(rounds / 10)]!,
    ]),
  );
}

function shuffled<T>(all: T[]): T[] {
  return all
    .map((one) => ({ one, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

async function bench(): Promise<unknown> {
  const credentials = { email: "user@example.com", password: "password" };
  const login = createAuthClient({ crossTab: false });
  await login.login(credentials);
  const token = await login.getAccessToken();
  const answer = new Response(null, { status: 204 });
  const stub = await measure(await clients(token, async () => answer), 50, 1_000);
  const loopback = await measure(await clients(token), 300, 5);
  return Object.keys(stub).map((name) => ({
    name,
    stub_us: stub[name],
    loopback_us: loopback[name],
  }));
}

Object.assign(globalThis, { bench });
