// What every entry point that makes clients exports beside that.

export { AuthError, isAuthError, type AuthErrorCode } from "./errors.js";
export type { AuthEvent, RefreshCause } from "./events.js";
export type {
  AuthClient,
  AuthClientOptions,
  Contract,
  ContractName,
  Credentials,
  Endpoint,
  MaybePromise,
  Session,
  SignedOutReason,
  TokenStorage,
  User,
} from "./types.js";
