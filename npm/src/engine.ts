// Starts the engine, once for all entry points, and says what it is to them.

import * as glue from "../engine/evertoken.js";
import type { CheckedContract } from "./contract.js";
import { engineError, isAuthError, type Failure } from "./errors.js";
import type { Credentials, TokenStorage } from "./types.js";

/** One client in the engine (client-wasm's `js.rs`). Promises bring a failure or nothing, and never reject. */
export interface Engine {
  start(): Sender;
  login(credentials: Credentials): Promise<Failure | undefined>;
  logout(scope: number): Promise<Failure | undefined>;
  setSession(grant: object): Failure | undefined;
  /** Tells the server of a logout that it has not heard of. */
  settle(): Promise<Failure | undefined>;
  /** The page is left for a login elsewhere. */
  redirects(): Failure | undefined;
  dispose(): void;
  /**
   * 0 restoring, 1 signed out, 2 signing in, 3 signed in, 4 signing out; then the code of what is wrong, the
   * reason, or 1 for stale; then the token's number.
   */
  view(): View;
  trouble(): Failure | undefined;
  user(): [user: unknown, claims: Record<string, unknown> | undefined, expiresAt: number];
}

export type View = readonly [status: number, more: number, token: number];

/** What sends an application's requests (client-wasm's `send.js`). */
export interface Sender {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  token(rejected?: string, signal?: AbortSignal): Promise<string>;
  refresh(signal?: AbortSignal): Promise<void>;
  /** Rejects where there is no session, or it cannot be found out. */
  settled(): Promise<void>;
  resolve(input: string | URL): URL;
  wait<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T>;
}

export type EngineConstructor = new (
  given: Given,
  restore: number,
  refreshBuffer: number,
  requestTimeout: number,
  tabs: number,
  contract: CheckedContract,
  changed: () => void,
  event: (type: number, first: number, second: number) => void,
) => Engine;

/** What JavaScript beside the engine reads (client-wasm's `backend.js` and `send.js`). */
export interface Given {
  baseUrl: string;
  allowedOrigins: string[];
  fetch: typeof globalThis.fetch;
  storage: TokenStorage | undefined;
  reauthenticate: (() => Promise<unknown>) | undefined;
  note(kind: number, method: string, url: string): void;
  error(failure: Failure, cause?: unknown): unknown;
}

type Imports = WebAssembly.Imports;
type Instance = WebAssembly.Instance;

let isStarted = false;

/** The engine, started at its first use. A start that failed is forgotten, so the next one tries again. */
export function startEngine(instantiate: (imports: Imports) => Instance): EngineConstructor {
  if (!isStarted) begin(() => instantiate(glue.imports()));
  return glue.Engine as unknown as EngineConstructor;
}

/** The same for an engine that has to be fetched. */
export async function loadedEngine(
  instantiate: (imports: Imports) => Promise<Instance>,
): Promise<void> {
  if (isStarted) return;
  const instance = await instantiate(glue.imports());
  // Another entry point may have been quicker; the glue knows one engine.
  if (!isStarted) begin(() => instance);
}

function begin(instance: () => Instance): void {
  try {
    glue.finish(instance());
  } catch (cause) {
    throw isAuthError(cause) ? cause : engineError(cause);
  }
  isStarted = true;
}
