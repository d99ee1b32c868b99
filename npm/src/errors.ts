// The one error type. The engine speaks in numbers; the sentences are here.

/** What went wrong. */
export type AuthErrorCode =
  | "login_required"
  | "invalid_credentials"
  | "rejected"
  | "network"
  | "timeout"
  | "rate_limited"
  | "server"
  | "misconfigured"
  | "invalid_argument"
  | "disposed"
  | "engine";

/** A failure as the engine records it. */
export interface Failure {
  code: number;
  detail: number;
  status: number;
  retryAfter: number;
  said?: unknown;
}

interface Text {
  code: AuthErrorCode;
  message: string;
  hint: string;
  retryable?: true;
}

/** By the engine's number of the code. */
const TEXTS: Record<number, Text> = {
  1: {
    code: "login_required",
    message: "Nobody is signed in.",
    hint: "Ask the user to sign in, then call login().",
  },
  2: {
    code: "invalid_credentials",
    message: "The backend does not accept these credentials.",
    hint: "Let the user correct them and try again.",
  },
  3: {
    code: "rejected",
    message: "The backend refused the login.",
    hint: "Read `error`, `description` and `body` for what it asks for.",
  },
  4: {
    code: "network",
    message: "The auth endpoint cannot be reached.",
    hint: "Try again when the connection is back; if it is, check baseUrl and the backend's CORS settings.",
    retryable: true,
  },
  5: {
    code: "timeout",
    message: "The auth endpoint did not answer in time.",
    hint: "Try again; if it is always this slow, raise requestTimeout.",
    retryable: true,
  },
  6: {
    code: "rate_limited",
    message: "The backend asks for patience.",
    hint: "Wait `retryAfter` milliseconds before trying again.",
    retryable: true,
  },
  7: {
    code: "server",
    message: "The auth endpoint failed, or its answer cannot be read.",
    hint: "Try again later; if it goes on, look at the backend's log.",
    retryable: true,
  },
  8: {
    code: "misconfigured",
    message: "The auth endpoint's answer does not fit the contract.",
    hint: "Compare the backend's endpoints and answers with the contract this client was given.",
  },
  9: {
    code: "invalid_argument",
    message: "An argument cannot be right.",
    hint: "Pass what the types ask for.",
  },
  10: {
    code: "disposed",
    message: "This client was disposed of.",
    hint: "Make a new one with createAuthClient().",
  },
  11: {
    code: "engine",
    message: "The WebAssembly engine could not be started.",
    hint: "If the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to its script-src.",
  },
};

/** By the engine's number of the case, where a code has several: another message, another cure. */
const DETAILS: Record<number, [message: string, hint: string]> = {
  1: [
    "logout() was called while this login was on its way.",
    "Call login() again if it is still wanted.",
  ],
  2: [
    "The browser dropped the refresh cookie after the login.",
    "Page and backend must be on the same site: open the page on the backend's host name (localhost and 127.0.0.1 are two sites), or let the backend set SameSite=None; Secure.",
  ],
  3: [
    "The answer holds no access token where the contract says it is.",
    "Check the contract's name for it; a token is visible ASCII without spaces.",
  ],
  4: [
    "The answer's token lifetime cannot be right.",
    "It is a number of seconds from 0 to ten years.",
  ],
  5: [
    "Something other than the auth endpoint answered.",
    "Look for a proxy, a sign-in page or a firewall between the page and the backend.",
  ],
  6: [
    "There is no such auth endpoint.",
    "Check baseUrl, and that the backend has the contract's endpoints with these methods.",
  ],
  7: [
    "The backend does not accept requests from this page's origin.",
    "Add the page's origin to the backend's allow-list.",
  ],
  8: ["The backend refuses this client.", "Check how the client is registered there."],
  10: [
    "The backend renewed the session and gave the token that was refused once more.",
    "Let its refresh endpoint issue a new access token.",
  ],
  12: [
    "With this contract only the backend renews, while it serves requests.",
    "Make a request with fetch(); there is no need to call refresh().",
  ],
  9: ["Another session took this one's place.", "Ask the user to sign in, then call login()."],
};

/** What makes an error ours in every realm and every copy of the package. */
const BRAND = Symbol.for("evertoken.AuthError");

/** What every method of the client rejects with, next to what the platform's own `fetch` throws. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  /** Stable; decide by it. */
  readonly code: AuthErrorCode;
  /** What to do next, in one sentence. */
  readonly hint: string;
  /** Whether trying again later can help. */
  readonly retryable: boolean;
  /** How long the backend asked to be left alone, in milliseconds. */
  declare readonly retryAfter?: number;
  /** The status of the auth endpoint's answer. */
  declare readonly status?: number;
  /** The answer's `error`. */
  declare readonly error?: string;
  /** The answer's `error_description`. */
  declare readonly description?: string;
  /** The answer's whole JSON body, for the login form. */
  declare readonly body?: unknown;

  /** @internal */
  constructor(text: Text, failure?: Partial<Failure>, cause?: unknown) {
    super(text.message, cause === undefined ? undefined : { cause });
    this.code = text.code;
    this.hint = text.hint;
    this.retryable = text.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
    if (!failure) return;
    if (failure.retryAfter !== undefined && failure.retryAfter >= 0) {
      this.retryAfter = failure.retryAfter;
    }
    if (failure.status) this.status = failure.status;
    const said = failure.said as Record<string, unknown> | null | undefined;
    if (typeof said?.error === "string") this.error = said.error;
    if (typeof said?.error_description === "string") this.description = said.error_description;
    // Not enumerable: a logger that prints the error need not print what the backend said.
    if (said !== undefined) Object.defineProperty(this, "body", { value: said });
  }
}

/** Whether `error` is an {@link AuthError}, also of another realm or another copy of this package. */
export function isAuthError(error: unknown): error is AuthError {
  return typeof error === "object" && error !== null && BRAND in error;
}

const UNKNOWN: Text = TEXTS[7]!;

/** The error for a failure of the engine's. */
export function toAuthError(failure: Failure, cause?: unknown): AuthError {
  const text = TEXTS[failure.code] ?? UNKNOWN;
  const detail = DETAILS[failure.detail];
  const told = detail ? { ...text, message: detail[0], hint: detail[1] } : text;
  return new AuthError(told, failure, cause);
}

/** A wrong argument, named. */
export function invalidArgument(message: string, hint: string): AuthError {
  return new AuthError({ code: "invalid_argument", message, hint });
}

/** The engine did not start. */
export function engineError(cause: unknown, hint = TEXTS[11]!.hint): AuthError {
  return new AuthError({ ...TEXTS[11]!, hint }, undefined, cause);
}

/** The name of a code, by the engine's number. */
export function codeName(code: number): AuthErrorCode {
  return (TEXTS[code] ?? UNKNOWN).code;
}
