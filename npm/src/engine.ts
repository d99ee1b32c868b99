// Starts the engine, which is inside this module: nothing else is fetched, and it is there at once.

import * as glue from "../engine/evertoken.js";
import bytes from "../engine/evertoken_bg.wasm";
import { engineError, type Failure } from "./errors.js";
import type { Credentials } from "./types.js";

/** One client in the engine (client-wasm's `js.rs`). Promises bring a failure or nothing, and never reject. */
export interface Engine {
  readonly sender: Sender;
  start(): void;
  login(credentials: Credentials): Promise<Failure | undefined>;
  logout(scope: number): Promise<Failure | undefined>;
  setSession(grant: object): Failure | undefined;
  dispose(): void;
  /**
   * 0 restoring, 1 signed out, 2 signing in, 3 signed in, 4 signing out; then the code of what is wrong, the
   * reason, or 1 for stale; then the token's number.
   */
  view(): View;
  trouble(): Failure | undefined;
  user(): [user: unknown, claims: Record<string, unknown> | undefined];
  expiresAt(): number;
}

export type View = readonly [status: number, more: number, token: number];

/** What sends an application's requests (client-wasm's `send.js`). */
export interface Sender {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  token(rejected?: string, signal?: AbortSignal): Promise<string>;
  refresh(signal?: AbortSignal): Promise<void>;
  wait<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T>;
}

export type EngineConstructor = new (
  baseUrl: string,
  allowedOrigins: string[],
  restore: number,
  refreshBuffer: number,
  requestTimeout: number,
  tabs: number,
  fetch: typeof globalThis.fetch,
  changed: () => void,
  event: (type: number, first: number, second: number) => void,
  note: (kind: number, method: string, url: string) => void,
  error: (failure: Failure, cause?: unknown) => unknown,
) => Engine;

let started = false;

/** Compiles the engine at its first use. A start that failed is forgotten, so the next one tries again. */
export function startEngine(): EngineConstructor {
  if (!started) {
    try {
      glue.initSync({ module: bytes });
    } catch (cause) {
      throw engineError(cause);
    }
    started = true;
  }
  return glue.Engine as unknown as EngineConstructor;
}
