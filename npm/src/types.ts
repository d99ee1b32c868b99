// What users of the package see. Durations are milliseconds; times are epoch milliseconds.

import type { AuthError } from "./errors.js";
import type { AuthEvent } from "./events.js";

/** Who is signed in, as the backend describes them. */
export interface User {
  id: string;
  email?: string;
  role?: string;
  [claim: string]: unknown;
}

/** What a login sends, as it is. */
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
  | { readonly status: "restoring"; readonly error?: AuthError }
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

/** The settings of {@link createAuthClient}. */
export interface AuthClientOptions<U = User> {
  /** Where the backend is. Relative paths are appended to its path. Default: the page's origin. */
  baseUrl?: string | URL;
  /** The backend's shape. Default: `"rotation"`. */
  contract?: "rotation";
  /** Where the token may go, compared whole. Default: the origin of `baseUrl`. */
  allowedOrigins?: string[];
  /**
   * Whether to ask the backend at the start for a session from last time; with `"hint"` only if this browser
   * remembers one. Default: `"always"`; without a document, `"never"`.
   */
  restore?: "always" | "hint" | "never";
  /** How long before its expiry a token is renewed. Default: 60,000; at most half the lifetime counts. */
  refreshBuffer?: number;
  /** The bound of one exchange with the auth endpoints. Default: 10,000. */
  requestTimeout?: number;
  /**
   * Whether all tabs of this origin are one client: one refresh for all, one logout for all. Default: `true` in a
   * browser, `false` on a server, where many users share a process.
   */
  crossTab?: boolean;
  /** Whether tabs tell each other the access token; otherwise each asks the backend for its own. Default: `true`. */
  shareToken?: boolean;
  /** The transport, for auth calls too. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Makes the session's `user` of what the backend said and of the token's claims. */
  parseUser?: (user: unknown, claims: Record<string, unknown>) => U;
  /** Told of everything that happens; no secret is in it. */
  onEvent?: (event: AuthEvent) => void;
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
  login(credentials: Credentials, options?: { signal?: AbortSignal }): Promise<U | null>;
  /** Takes over a session that was obtained elsewhere. `expiresIn` is in seconds (RFC 6749 §5.1). */
  setSession(grant: { accessToken: string; expiresIn?: number; user?: unknown }): Promise<U | null>;
  /**
   * The platform's `fetch` with a token that is good: renewed first if need be, and once more after a 401.
   *
   * @throws AuthError if there is no session or none can be had just now; whatever the platform throws.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** The access token, never the `rejected` one: for axios, GraphQL, WebSockets. */
  getAccessToken(options?: { rejected?: string; signal?: AbortSignal }): Promise<string>;
  /** Renews now; joins a renewal under way. Signed out, it asks the backend whether there is a session. */
  refresh(options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Signs out: here at once, at the server when it can be told. If it rejects, the user is signed out
   * here all the same, and the server is told as soon as it can be.
   */
  logout(options?: { scope?: "local" | "others" | "global"; signal?: AbortSignal }): Promise<void>;
  /** Calls `listener` on every change, and not at once. Returns how to stop. */
  subscribe(listener: (session: Session<U>) => void): () => void;
  /** Ends the client for good; waiting calls reject with `disposed`. Idempotent. */
  dispose(): void;
}
