// What the types promise: checked by the compiler, so a wrong one does not build. At run time there is nothing left.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  createAuthClient,
  isAuthError,
  type AuthClient,
  type AuthClientOptions,
  type AuthError,
  type AuthErrorCode,
  type AuthEvent,
  type Contract,
  type Session,
  type SignedOutReason,
  type User,
} from "evertoken";
import { createFakeAuthClient } from "evertoken/testing";

/** Whether two types are the same, `any` and `unknown` included. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

interface Account {
  name: string;
}

/** Never called. */
async function promises(auth: AuthClient, own: AuthClient<Account>): Promise<void> {
  // `fetch` is the platform's, in every respect.
  same<AuthClient["fetch"], (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>>(
    true,
  );
  const fetch: typeof globalThis.fetch = auth.fetch;
  void fetch;

  const plain = createAuthClient();
  same<typeof plain, AuthClient<User>>(true);
  const made = createAuthClient({ parseUser: (user, claims) => ({ name: String(user), claims }) });
  same<typeof made, AuthClient<{ name: string; claims: Record<string, unknown> }>>(true);
  same<Awaited<ReturnType<typeof own.login>>, Account | null>(true);
  same<Awaited<ReturnType<typeof own.setSession>>, Account | null>(true);
  same<Awaited<ReturnType<typeof auth.getAccessToken>>, string>(true);
  same<ReturnType<typeof auth.loginWithRedirect>, Promise<never>>(true);
  same<ReturnType<typeof auth.subscribe>, () => void>(true);
  same<typeof auth.ready, Promise<void>>(true);

  // A session is told apart by its status.
  const { session } = own;
  switch (session.status) {
    case "restoring":
      same<typeof session.error, AuthError | undefined>(true);
      break;
    case "signed-out":
      same<typeof session.reason, SignedOutReason>(true);
      break;
    case "signed-in":
      same<typeof session.user, Account | null>(true);
      same<typeof session.expiresAt, number>(true);
      same<typeof session.stale, boolean>(true);
      break;
    case "signing-in":
    case "signing-out":
      break;
    default:
      same<typeof session, never>(true);
  }
  // @ts-expect-error: it is a value, and not to be changed
  if (session.status === "signed-in") session.stale = true;
  // @ts-expect-error: there is no user before the status was looked at
  void own.session.user;

  const error: unknown = undefined;
  if (isAuthError(error)) {
    same<typeof error, AuthError>(true);
    same<typeof error.code, AuthErrorCode>(true);
    same<typeof error.retryAfter, number | undefined>(true);
    same<typeof error.body, unknown>(true);
  }
  const told = (event: AuthEvent): void => {
    if (event.type === "adopted") same<typeof event.from, "peer" | "header">(true);
    if (event.type === "refresh-failed") same<typeof event.retryIn, number | undefined>(true);
    same<typeof event.at, number>(true);
  };
  void told;

  // @ts-expect-error: a name is missing
  createAuthClient({ contract: "oauth" });
  // @ts-expect-error: a duration is milliseconds, as a number
  createAuthClient({ refreshBuffer: "60s" });
  // @ts-expect-error: a storage has three methods
  createAuthClient({ storage: { get: () => null } });
  // @ts-expect-error: a contract says how it renews
  same<Contract, unknown>({
    login: { path: "/" },
    fields: { accessToken: "a" },
    refreshToken: "body",
  });
  // @ts-expect-error: there is no such scope
  void auth.logout({ scope: "everywhere" });
  // @ts-expect-error: a handed-over session has a token
  void auth.setSession({ expiresIn: 60 });
  void auth.setSession({ accessToken: "a", expiresIn: 60, refreshToken: "r", user: {} });
  // A storage may answer now or later.
  const options: AuthClientOptions = {
    contract: "oauth2",
    storage: { get: () => "now", set: async () => {}, remove: () => Promise.resolve() },
    reauthenticate: async () => ({ code: "c" }),
  };
  createAuthClient(options);
  // What is written down once, `as const`, will do.
  const written = {
    allowedOrigins: ["https://api.example.com"],
    contract: {
      renewal: "endpoint",
      login: { path: "/login" },
      refresh: { path: "/refresh" },
      fields: { accessToken: "token" },
      refreshToken: "cookie",
      denied: [401, 403],
    },
  } as const;
  createAuthClient(written);
  // What may be left out may be `undefined`, as forms and environments bring it (`exactOptionalPropertyTypes`).
  const none = undefined as undefined;
  const some = <T>(value: T): T | undefined => value;
  createAuthClient({
    baseUrl: some("https://api.example.com"),
    contract: some("oauth2" as const),
    allowedOrigins: none,
    restore: none,
    refreshBuffer: some(1),
    requestTimeout: none,
    crossTab: some(true),
    shareToken: none,
    fetch: some(globalThis.fetch),
    storage: none,
    reauthenticate: none,
    parseUser: some((user: unknown) => user as User),
    onEvent: some(told),
  });
  const shape: Contract = {
    renewal: "endpoint",
    login: { path: "/l", method: none, body: none, params: none, names: none, token: none },
    refresh: some({ path: "/r" }),
    logout: none,
    fields: {
      accessToken: "a",
      expiresIn: none,
      expiresAt: none,
      refreshToken: none,
      refreshKey: none,
      user: none,
    },
    refreshToken: "cookie",
    credentials: none,
    denied: none,
    forbidden: none,
    idempotencyKey: none,
  };
  void shape;
  void auth.login({}, { signal: none });
  void auth.getAccessToken({ rejected: none, signal: none });
  void auth.refresh({ signal: none });
  void auth.logout({ scope: none, signal: none });
  void auth.setSession({
    accessToken: "a",
    expiresIn: none,
    refreshToken: none,
    refreshKey: none,
    user: none,
  });
  const user: User = { id: "u1", email: none, role: none };
  createFakeAuthClient({ session: none, fetch: none, login: () => user });
}

test("the types are as they are promised", () => {
  assert.equal(typeof promises, "function");
});
