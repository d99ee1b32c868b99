// evertoken: sign in once, stay signed in.

export { createAuthClient } from "./client.js";
export { AuthError, isAuthError, type AuthErrorCode } from "./errors.js";
export type { AuthEvent, RefreshCause } from "./events.js";
export type {
  AuthClient,
  AuthClientOptions,
  Credentials,
  Session,
  SignedOutReason,
  User,
} from "./types.js";
