// The engine's numbers as a session people read.

import type { Engine, View } from "./engine.js";
import { toAuthError } from "./errors.js";
import type { Session, SignedOutReason } from "./types.js";

/** By the engine's number. */
const REASONS: readonly SignedOutReason[] = [
  "never",
  "logout",
  "expired",
  "reuse",
  "revoked",
  "replaced",
  "inactive",
  "forbidden",
  "denied",
];

export function reasonName(reason: number): SignedOutReason {
  return REASONS[reason] ?? "denied";
}

/** The session as the engine has it now, frozen. */
export function readSession<U>(
  engine: Engine,
  [status, more]: View,
  readUser: (user: unknown, claims: Record<string, unknown> | undefined) => U | null,
): Session<U> {
  switch (status) {
    case 0: {
      const trouble = engine.trouble();
      return Object.freeze({
        status: "restoring",
        ...(trouble && { error: toAuthError(trouble) }),
      });
    }
    case 1:
      return Object.freeze({ status: "signed-out", reason: reasonName(more) });
    case 2:
      return Object.freeze({ status: "signing-in" });
    case 3: {
      const [user, claims, expiresAt] = engine.user();
      return Object.freeze({
        status: "signed-in",
        user: readUser(user, claims),
        expiresAt,
        stale: more === 1,
      });
    }
    default:
      return Object.freeze({ status: "signing-out" });
  }
}

/** Who that is, where the application does not say: the backend's `user`, else the token's claims. */
export function defaultUser(user: unknown, claims: Record<string, unknown> | undefined): unknown {
  if (user !== undefined && user !== null) return user;
  return claims ? { ...claims, id: claims.id ?? claims.sub } : null;
}
