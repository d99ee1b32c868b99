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

/** `retryable`: trying again later can help. */
type Text = readonly [
  code: AuthErrorCode,
  message: string,
  hint: string,
  retryable?: true | undefined,
];

/** By the engine's number of the code, which begin at 1. */
const TEXTS: readonly Text[] = [
  ["login_required", "Nobody is signed in.", "Ask the user to sign in, then call login()."],
  [
    "invalid_credentials",
    "The backend does not accept these credentials.",
    "Let the user correct them and try again.",
  ],
  [
    "rejected",
    "The backend refused the login.",
    "Read `error`, `description` and `body` for what it asks for.",
  ],
  [
    "network",
    "The auth endpoint cannot be reached.",
    "Try again when the connection is back; if it is, check baseUrl and the backend's CORS settings.",
    true,
  ],
  [
    "timeout",
    "The auth endpoint did not answer in time.",
    "Try again; if it is always this slow, raise requestTimeout.",
    true,
  ],
  [
    "rate_limited",
    "The backend asks for patience.",
    "Wait `retryAfter` milliseconds before trying again.",
    true,
  ],
  [
    "server",
    "The auth endpoint failed, or its answer cannot be read.",
    "Try again later; if it goes on, look at the backend's log.",
    true,
  ],
  [
    "misconfigured",
    "The auth endpoint's answer does not fit the contract.",
    "Compare the backend's endpoints and answers with this client's contract.",
  ],
  ["invalid_argument", "An argument cannot be right.", "Pass what the types ask for."],
  ["disposed", "This client was disposed of.", "Make a new one with createAuthClient()."],
  [
    "engine",
    "The WebAssembly engine could not be started.",
    "If the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to its script-src.",
  ],
];

/** By the engine's number of the case, which begin at 1, where a code has several: another message, another cure. */
const DETAILS: readonly (readonly [message: string, hint: string])[] = [
  [
    "logout() was called while this login was on its way.",
    "Call login() again if it is still wanted.",
  ],
  [
    "The browser dropped the refresh cookie after the login.",
    "Page and backend must be on one site: open the page on the backend's host name (localhost and 127.0.0.1 are two), or let the backend set SameSite=None; Secure.",
  ],
  [
    "There is no access token where it should be.",
    "Check the contract's name for it; a token is visible ASCII without spaces.",
  ],
  ["The token's lifetime cannot be right.", "It is a number of seconds from 0 to ten years."],
  [
    "Something other than the auth endpoint answered.",
    "Look for a proxy, a sign-in page or a firewall between page and backend.",
  ],
  [
    "There is no such auth endpoint.",
    "Check baseUrl, and that the backend has the contract's endpoints with these methods.",
  ],
  [
    "The backend does not accept requests from this page's origin.",
    "Add the page's origin to the backend's allow-list.",
  ],
  ["The backend refuses this client.", "Check how the client is registered there."],
  ["Another session took this one's place.", "Ask the user to sign in, then call login()."],
  [
    "The backend renewed the session with the token that was refused.",
    "Let its refresh endpoint issue a new access token.",
  ],
  [
    "The backend takes this refresh for an older copy of another.",
    "Try again; if it goes on, what it waits for was lost: ask the user to sign in.",
  ],
  [
    "With this contract only the backend renews, while it serves requests.",
    "Make a request with fetch(); there is no need to call refresh().",
  ],
];

/** From this status on an answer refuses. A success that cannot be used may hold a token, which no error carries. */
const REFUSED = 400;

/** What makes an error ours in every realm and every copy of the package. */
const BRAND = Symbol.for("evertoken.AuthError");

/** What every method of the client rejects with, next to what the platform's own `fetch` throws. */
export class AuthError extends Error {
  // Consoles print this one, too, which would be minified.
  static override readonly name = "AuthError";
  declare readonly name: "AuthError";
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
  constructor([code, message, hint, retryable]: Text, failure?: Failure, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.retryable = retryable ?? false;
    if (!failure) return;
    if (failure.retryAfter >= 0) this.retryAfter = failure.retryAfter;
    if (failure.status) this.status = failure.status;
    if (failure.status < REFUSED) return;
    const said = failure.said as Record<string, unknown> | null | undefined;
    if (typeof said?.error === "string") this.error = said.error;
    if (typeof said?.error_description === "string") this.description = said.error_description;
    // Not enumerable: a logger that prints the error need not print what the backend said.
    if (said !== undefined) Object.defineProperty(this, "body", { value: said });
  }
}

// Not of each error: its stack begins with the name there is when it is made.
Object.assign(AuthError.prototype, { name: AuthError.name, [BRAND]: true });

/** Whether `error` is an {@link AuthError}, also of another realm or another copy of this package. */
export function isAuthError(error: unknown): error is AuthError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** The error for a failure of the engine's. */
export function toAuthError(failure: Failure, cause?: unknown): AuthError {
  const [code, usual, help, retryable] = textOf(failure.code);
  const [message, hint] = DETAILS[failure.detail - 1] ?? [usual, help];
  const { said, status } = failure;
  // Without a status it is not the answer that is wrong.
  const isUnfit = status && status < REFUSED && said !== undefined;
  const names = isUnfit ? ` The answer is ${outline(said)}.` : "";
  return new AuthError([code, message, hint + names, retryable], failure, cause);
}

/** Enough to see where a token is; an answer may be long. */
const LONGEST_OUTLINE = 200;

/** The names in an answer. */
function outline(said: unknown): string {
  const json = JSON.stringify(said, (_, value: unknown) =>
    typeof value === "object" ? value : "…",
  );
  return json.slice(0, LONGEST_OUTLINE);
}

/** A wrong argument, named. */
export function invalidArgument(message: string, hint: string): AuthError {
  return new AuthError(["invalid_argument", message, hint]);
}

/** The engine did not start. */
export function engineError(cause: unknown, hint?: string): AuthError {
  const [code, message, usual] = textOf(11);
  return new AuthError([code, message, hint ?? usual], undefined, cause);
}

/** The name of a code, by the engine's number. */
export function codeName(code: number): AuthErrorCode {
  return textOf(code)[0];
}

function textOf(code: number): Text {
  return TEXTS[code - 1] as Text;
}
