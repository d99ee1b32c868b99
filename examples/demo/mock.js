/**
 * The mock server's own controls: what it counted, and ways to break things. None of this exists on a real backend,
 * so none of it goes through the client.
 *
 * @typedef {{
 *   login: { ok: number, denied: number },
 *   refresh: { ok: number, replayed: number, superseded: number, denied: number, limited: number },
 *   rotations: number, reuse: number, logout: number,
 *   resource: { ok: number, unauthorized: number, forbidden: number },
 * }} Counters
 */

/** Long enough for a slow laptop, short enough that the page soon says that the server is gone. */
const PATIENCE = 3_000;

/** A control that did not work, with what to do about it. */
export class MockError extends Error {
  /** @param {string} message @param {string} hint */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** @returns {Promise<Counters>} */
export const counters = () => control("GET", "counters");

/** From now on the server refuses the access tokens that it has issued so far. */
export const expireAccessTokens = () => control("POST", "expire", { tokens: "access" });

/** The next refresh, and only that one, is answered 503 before it changes anything. */
export const failNextRefresh = () =>
  control("PUT", "faults", [{ path: "/auth/refresh", count: 1, do: { status: 503 } }]);

/** @param {string} method @param {string} name @param {unknown} [body] */
async function control(method, name, body) {
  const response = await fetch(`/__mock/${name}`, {
    method,
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => {
    throw new MockError("The server does not answer.", "Is it still running?");
  });
  if (!response.ok) {
    throw new MockError(
      `The server’s controls answered ${response.status}.`,
      "Start it with its controls on.",
    );
  }
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}
