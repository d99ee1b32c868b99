/**
 * The mock server's own controls: what it counted, and ways to break things. None of this exists on a real backend,
 * so none of it goes through a client.
 *
 * @typedef {{
 *   login: { ok: number, denied: number },
 *   refresh: { ok: number, replayed: number, superseded: number, denied: number, limited: number },
 *   rotations: number, reuse: number, logout: number,
 *   resource: { ok: number, unauthorized: number, forbidden: number },
 * }} Counters
 * @typedef {{ sid?: string, seq?: number }} Token
 * @typedef {{ n: number, at: number, method: string, path: string, status: number | null, token: Token | null, faulted: boolean }} Entry
 * @typedef {{ id: string, sub: string, contract: string, seq: number, status: "alive" | "ended", reason: string | null }} Family
 * @typedef {{ path: string, count?: number, when?: "before" | "after", do: unknown }} Rule
 * @typedef {{ id: string, email: string }} Account
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

export class Mock {
  /** @param {string} prefix "" for the server's own, `/t/NAME` for a tenant's */
  constructor(prefix) {
    this.prefix = prefix;
  }

  /** @returns {Promise<Counters>} */
  counters = () => this.#control("GET", "counters");

  /** The last thousand, oldest first. @returns {Promise<Entry[]>} */
  requests = () => this.#control("GET", "requests");

  /** In the order of their logins. @returns {Promise<Family[]>} */
  families = () => this.#control("GET", "families");

  /** @returns {Promise<Account[]>} */
  users = () => this.#control("GET", "users");

  /** @returns {Promise<{ now: number, offset: number }>} */
  clock = () => this.#control("GET", "clock");

  /** @param {number} seconds */
  advance = (seconds) => this.#control("POST", "clock", { advance: seconds });

  /** @returns {Promise<Rule[]>} */
  rules = () => this.#control("GET", "faults");

  /** @param {Rule[]} rules in place of all there are */
  setRules = (rules) => this.#control("PUT", "faults", rules);

  /** From now on the server refuses the access tokens that it has issued so far. */
  expireAccessTokens = () => this.#control("POST", "expire", { tokens: "access" });

  /**
   * Somebody signs in on another device, with no cookie of this browser, and signs out everywhere.
   *
   * @param {string} email
   */
  async endAllSessions(email) {
    const { code } = await this.#send("POST", "/wx/code", { email });
    const { refreshToken } = await this.#send("POST", "/wx/auth/login", { code });
    await this.#send("POST", "/wx/auth/logout?scope=global", { refreshToken });
  }

  /**
   * Presents the browser's cookie as a thief does who has a copy of it: without the key, and with the new cookie going
   * to the thief, so the browser keeps the old one. Tells whether it was so.
   */
  async steal() {
    const before = await this.rules();
    const answerGoesElsewhere = { when: /** @type {const} */ ("after"), do: { status: 504 } };
    await this.setRules([{ path: "/auth/refresh", count: 1, ...answerGoesElsewhere }]);
    try {
      const { rotations } = await this.counters();
      const response = await fetch(`${this.prefix}/auth/refresh`, { method: "POST" });
      const after = await this.counters();
      return response.status === 504 && after.rotations === rotations + 1;
    } finally {
      await this.setRules(before);
    }
  }

  /** @param {string} method @param {string} name @param {unknown} [body] */
  #control(method, name, body) {
    return this.#send(method, `/__mock/${name}`, body);
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  async #send(method, path, body) {
    const response = await fetch(this.prefix + path, {
      method,
      cache: "no-store",
      // None of these is of this browser's session.
      credentials: "omit",
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
}
