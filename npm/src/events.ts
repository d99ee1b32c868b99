// What happens, told as it happens, without a secret in it.

import { codeName, type AuthErrorCode } from "./errors.js";
import { reasonName } from "./session.js";
import type { SignedOutReason } from "./types.js";

/** Something that happened, and when. */
export type AuthEvent = { readonly at: number } & (
  | { readonly type: "restored" | "signed-in" }
  | { readonly type: "signed-out"; readonly reason: SignedOutReason }
  | { readonly type: "refresh-started"; readonly why: RefreshCause; readonly attempt: number }
  | { readonly type: "refreshed"; readonly expiresAt: number; readonly generation: number }
  /** A token that another tab has, or that came in an answer's `Authorization` header, is the session's now. */
  | { readonly type: "adopted"; readonly from: "peer" | "header" }
  /** Another tab was busy with the session. */
  | { readonly type: "lock-waited"; readonly ms: number }
  /** `retryIn` is missing where nothing is tried again by itself. */
  | { readonly type: "refresh-failed"; readonly code: AuthErrorCode; readonly retryIn?: number }
  /** `url` has no query. */
  | { readonly type: "retried"; readonly method: string; readonly url: string }
  | { readonly type: "passed-through"; readonly origin: string }
  /** What the application passed threw or rejected; or its `storage` took too long. */
  | { readonly type: "listener-failed"; readonly error: unknown }
);

/** Why a refresh began. */
export type RefreshCause = "timer" | "rejected" | "demand" | "restore" | "wake";

const CAUSES: readonly RefreshCause[] = ["timer", "rejected", "demand", "restore", "wake"];

/** An event of the engine's, from its numbers. */
export function engineEvent(type: number, first: number, second: number): AuthEvent {
  const at = Date.now();
  switch (type) {
    case 0:
      return { type: "restored", at };
    case 1:
      return { type: "signed-in", at };
    case 2:
      return { type: "signed-out", at, reason: reasonName(first) };
    case 3:
      return { type: "refresh-started", at, why: CAUSES[first] ?? "demand", attempt: second };
    case 4:
      return { type: "refreshed", at, expiresAt: first, generation: second };
    case 6:
      return { type: "adopted", at, from: first === 1 ? "header" : "peer" };
    case 7:
      return { type: "lock-waited", at, ms: first };
    default:
      return {
        type: "refresh-failed",
        at,
        code: codeName(first),
        ...(second >= 0 && { retryIn: second }),
      };
  }
}

/** An event of `send.js`: 0 passed through, 1 retried. */
export function sendEvent(kind: number, method: string, url: string): AuthEvent {
  const at = Date.now();
  return kind === 0
    ? { type: "passed-through", at, origin: url }
    : { type: "retried", at, method, url };
}
