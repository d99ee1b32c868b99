// What users of the package see. Durations are milliseconds; times are epoch milliseconds.

import type { AuthError } from "./errors.js";
import type { AuthEvent } from "./events.js";

/** Who is signed in, as the backend describes them. */
export interface User {
  id: string;
  email?: string | undefined;
  role?: string | undefined;
  [claim: string]: unknown;
}

/** What a login sends, as it is; the contract `oauth2` calls an `email` `username`. */
export type Credentials = Record<string, unknown>;

/** Why nobody is signed in. */
export type SignedOutReason =
  | "never"
  | "logout"
  | "expired"
  | "reuse"
  | "revoked"
  | "replaced"
  | "inactive"
  | "forbidden"
  | "denied";

/** The session as it is now: a frozen value, the same object until something changes. */
export type Session<U = User> =
  /** It is being found out whether there is one. `error`: not just now; it goes on trying. */
  | { readonly status: "restoring"; readonly error?: AuthError | undefined }
  | { readonly status: "signed-out"; readonly reason: SignedOutReason }
  | { readonly status: "signing-in" }
  | {
      readonly status: "signed-in";
      readonly user: U | null;
      /** When the access token expires; `Infinity` if the backend does not say. */
      readonly expiresAt: number;
      /** Whether it has expired and cannot be renewed just now. */
      readonly stale: boolean;
    }
  | { readonly status: "signing-out" };

/** A value, now or later. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Where a contract whose tokens come in the body keeps its refresh token. All tabs that share it are one client; it is
 * read and written while no other tab does. What throws, or takes longer than a third of `requestTimeout`, is told as
 * `listener-failed`; what could not be stored is kept in memory. It is the browser's and not one tab's, as `sessionStorage` would
 * be: a logout in one tab is a logout in all.
 */
export interface TokenStorage {
  get(): MaybePromise<string | null>;
  set(token: string): MaybePromise<void>;
  remove(): MaybePromise<void>;
}

/** The backends there is a preset for. */
export type ContractName = "rotation" | "oauth2" | "fixed-cookie" | "gateway" | "code-exchange";

/** How a request to one of a backend's auth endpoints is made. */
export interface Endpoint {
  /** Below the `baseUrl`, with a leading slash. */
  path: string;
  /** Default: `"POST"`. */
  method?: string | undefined;
  /**
   * What kind of body. Default: `"json"` for a login, and wherever the refresh token is in the body; else `"none"`.
   */
  body?: "json" | "form" | "none" | undefined;
  /** Members of the body with fixed values; a credential of the same name wins. */
  params?: Record<string, string> | undefined;
  /** What credentials are called here, by what callers call them. */
  names?: Record<string, string> | undefined;
  /** What the refresh token is called here. Default: the last part of `fields.refreshToken`. */
  token?: string | undefined;
}

/** What a backend looks like, where it looks like none of the presets. */
export interface Contract {
  /**
   * How an access token is renewed: by the endpoint `refresh`; by the backend itself, in the `Authorization` header of
   * its answers; or by signing in anew with what the option `reauthenticate` brings.
   */
  renewal: "endpoint" | "response-header" | "reauthenticate";
  login: Endpoint;
  refresh?: Endpoint | undefined;
  /** Without it a logout is local. */
  logout?: Endpoint | undefined;
  /** Where answers keep things, as dotted paths such as `"data.tokens.access"`. */
  fields: {
    accessToken: string;
    /** Seconds. */
    expiresIn?: string | undefined;
    /** Seconds or milliseconds since 1970, or an ISO 8601 date; `expiresIn` wins. */
    expiresAt?: string | undefined;
    /** Needed if `refreshToken` is `"body"`. */
    refreshToken?: string | undefined;
    /** What the next refresh sends back as `Idempotency-Key`, so that a repetition is known for one. */
    refreshKey?: string | undefined;
    user?: string | undefined;
  };
  /** Whether the refresh token is an HttpOnly cookie, or in the bodies of requests and answers. */
  refreshToken: "cookie" | "body";
  /** Whether cookies go along to the auth endpoints. Default: `"include"` if the refresh token is one. */
  credentials?: RequestCredentials | undefined;
  /** With which statuses a renewal is refused. Default: 401; 403 where the backend renews by itself. */
  denied?: readonly number[] | undefined;
  /** Whether a resource's 403 ends the session. Default: `"ignore"`. */
  forbidden?: "ignore" | "logout" | undefined;
  /**
   * Whether to send a random `Idempotency-Key` where the backend hands out no `refreshKey`. On the page's own origin it is
   * sent anyway; another must allow the header in its CORS rules. Default: `false`.
   */
  idempotencyKey?: boolean | undefined;
}

/** The settings of {@link createAuthClient}. */
export interface AuthClientOptions<U = User> {
  /** Where the backend is. Relative paths are appended to its path. Default: the page's origin. */
  baseUrl?: string | URL | undefined;
  /** The backend's shape: a preset's name, or one's own. Default: `"rotation"`. */
  contract?: ContractName | Contract | undefined;
  /** Where the token may go, compared whole. Default: the origin of `baseUrl`. */
  allowedOrigins?: readonly string[] | undefined;
  /**
   * Whether to ask the backend at the start for a session from last time; with `"hint"` only if this browser
   * remembers one. Default: `"always"`; without a document, `"never"`.
   */
  restore?: "always" | "hint" | "never" | undefined;
  /** How long before its expiry a token is renewed. Default: 60,000; at most half the lifetime counts. */
  refreshBuffer?: number | undefined;
  /** The bound of one exchange with the auth endpoints. Default: 10,000. */
  requestTimeout?: number | undefined;
  /**
   * Whether all tabs of this origin are one client: one refresh for all, one logout for all. Default: `true` in a
   * browser, `false` on a server, where many users share a process.
   */
  crossTab?: boolean | undefined;
  /**
   * Whether tabs tell each other the access token; otherwise each asks the backend for its own. Default: `true` where the
   * refresh token is a cookie.
   */
  shareToken?: boolean | undefined;
  /** The transport, for auth calls too. Default: the global `fetch`. */
  fetch?: typeof fetch | undefined;
  /**
   * Where a contract whose tokens come in the body keeps its refresh token. Default: in memory, where it is lost with the
   * page and each tab is a session of its own.
   */
  storage?: TokenStorage | undefined;
  /**
   * Asked for credentials, once for each time that the session cannot be renewed and somebody needs it; whoever waits,
   * waits for that too, `requestTimeout` in all, and whoever comes before it has answered waits for the same answer. Not asked
   * after a logout, or after a 403 that was one: then only `login` signs in.
   */
  reauthenticate?: (() => Promise<Credentials>) | undefined;
  /** Makes the session's `user` of what the backend said and of the token's claims. */
  parseUser?: ((user: unknown, claims: Record<string, unknown>) => U) | undefined;
  /** Told of everything that happens; no secret is in it. */
  onEvent?: ((event: AuthEvent) => void) | undefined;
}

/** Keeps one user signed in. Every method is bound: `const { fetch } = auth` works. */
export interface AuthClient<U = User> {
  readonly session: Session<U>;
  /** The first conclusion about the session from last time. Rejects only if the engine cannot start. */
  readonly ready: Promise<void>;
  /**
   * Signs in. A refused login never ends the session there was.
   *
   * @throws AuthError `invalid_credentials`, `rejected`, or a code that is `retryable`.
   */
  login(
    credentials: Credentials,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<U | null>;
  /**
   * Takes over a session that was obtained elsewhere. `expiresIn` is in seconds (RFC 6749 §5.1); `refreshToken` is for
   * contracts that have it in the body; `refreshKey` is what a backend hands out beside it, so that a lost answer costs
   * nothing.
   *
   * @throws AuthError `invalid_argument` if there is no access token, or a lifetime that cannot be right.
   */
  setSession(grant: {
    accessToken: string;
    expiresIn?: number | undefined;
    refreshToken?: string | undefined;
    refreshKey?: string | undefined;
    user?: unknown;
  }): Promise<U | null>;
  /**
   * The platform's `fetch` with a token that is good: renewed first if need be, and once more after a 401.
   *
   * @throws AuthError if there is no session or none can be had just now; whatever the platform throws.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** The access token, never the `rejected` one: for axios, GraphQL, WebSockets. */
  getAccessToken(options?: {
    rejected?: string | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<string>;
  /** Renews now; joins a renewal under way. Signed out, it asks the backend whether there is a session. */
  refresh(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Leaves the page for a login elsewhere, at an address like those of {@link AuthClient.fetch}; the page that comes back
   * restores the session that was made there. A logout that the server has not heard of goes before it.
   *
   * @throws AuthError if the server cannot be told of that logout; then the page is not left.
   */
  loginWithRedirect(url: string | URL): Promise<never>;
  /**
   * Signs out: here at once, at the server when it can be told. If it rejects, the user is signed out
   * here all the same, and the server is told as soon as it can be.
   */
  logout(options?: {
    scope?: "local" | "others" | "global" | undefined;
    signal?: AbortSignal | undefined;
  }): Promise<void>;
  /** Calls `listener` on every change, and not at once. Returns how to stop. */
  subscribe(listener: (session: Session<U>) => void): () => void;
  /** Ends the client for good; waiting calls reject with `disposed`. Idempotent. */
  dispose(): void;
}
