// A client on a backend that answers as a test says, whatever its shape.

import { afterEach } from "node:test";

import {
  createAuthClient,
  isAuthError,
  type AuthClientOptions,
  type TokenStorage,
} from "evertoken";

export interface Sent {
  path: string;
  method: string;
  type: string | null;
  bearer: string | null;
  key: string | null;
  credentials: string | undefined;
  body: unknown;
}

const clients: { dispose(): void }[] = [];
afterEach(() => {
  for (const auth of clients.splice(0)) auth.dispose();
});

export type Answer = (sent: Sent) => unknown;

/** A client whose backend answers as it is told, by method and path; resources are served. */
export function world(options: AuthClientOptions, answers: Record<string, Answer> = {}) {
  const sent: Sent[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request ? request.url : String(input));
    const headers = new Headers(init?.headers ?? request?.headers);
    const one: Sent = {
      path: url.pathname + url.search,
      method: init?.method ?? request?.method ?? "GET",
      type: headers.get("content-type"),
      bearer: headers.get("authorization"),
      key: headers.get("idempotency-key"),
      credentials: init?.credentials ?? request?.credentials,
      body: init?.body,
    };
    sent.push(one);
    const answer = await answers[url.origin === base ? url.pathname : url.href]?.(one);
    return answer instanceof Response ? answer : Response.json(answer ?? { ok: true });
  };
  const auth = createAuthClient({ baseUrl: base, restore: "never", fetch, ...options });
  clients.push(auth);
  return { auth, sent, to: (path: string) => sent.filter((one) => one.path === path) };
}

export const base = "https://api.example.com";
export const credentials = { email: "user@example.com", password: "password" };
export const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "fulfilled",
    (error: unknown) => (isAuthError(error) ? error.code : String(error)),
  );

const { fetch } = globalThis;

/** A browser's fetch, as far as one cookie goes; so many answers as are `lost` reach nobody. */
export function browser() {
  const page = {
    cookie: "",
    lost: 0,
    fetch: async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const headers = new Headers(init?.headers);
      if (init?.credentials === "include") headers.set("cookie", page.cookie);
      const response = await fetch(input, { ...init, headers });
      const [set] = response.headers.getSetCookie();
      if (page.lost > 0) {
        page.lost -= 1;
        throw new TypeError("Failed to fetch");
      }
      if (set) page.cookie = /Expires=Thu, 01 Jan 1970/.test(set) ? "" : set.split(";")[0]!;
      return response;
    },
  };
  return page;
}

/** A JWT that nobody signed. */
export function jwt(claims: Record<string, unknown>): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
}

/** Tokens as RFC 6749 has them, `access-1`, `refresh-1`, … */
export function issuer(fields: (n: number) => Record<string, unknown> = () => ({})) {
  let n = 0;
  return () => {
    n += 1;
    return {
      access_token: `access-${n}`,
      refresh_token: `refresh-${n}`,
      refresh_key: `${n}.key`,
      expires_in: 900,
      ...fields(n),
    };
  };
}

export function memory(initial: string | null = null) {
  const calls: string[] = [];
  const storage: TokenStorage & { token: string | null; calls: string[] } = {
    token: initial,
    calls,
    get() {
      calls.push("get");
      return Promise.resolve(storage.token);
    },
    set(token) {
      calls.push(`set ${token}`);
      storage.token = token;
    },
    async remove() {
      calls.push("remove");
      storage.token = null;
    },
  };
  return storage;
}
