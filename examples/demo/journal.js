/**
 * The mock server's request log, read again and again: what is new in it, and what each request did. The log is the last
 * thousand requests, and each has a number.
 *
 * @typedef {import("./mock.js").Entry} Entry
 * @typedef {import("./mock.js").Family} Family
 * @typedef {"login" | "login-refused" | "rotated" | "rotated-lost" | "repeated" | "superseded" | "limited" | "reuse" | "refused"
 *   | "spoiled" | "missing" | "logout" | "unauthorized" | "served" | "lost"} Deed
 */

export class Journal {
  /** The newest request that was read. */
  #last = 0;
  /** Those before it that had no answer yet, by their number; and whether that was told. @type {Map<number, boolean>} */
  #open = new Map();
  /** How far each session's cookies are known to be spent. @type {Map<string, number>} */
  #spent = new Map();
  /** Sessions whose end was told. @type {Set<string>} */
  #dead = new Set();

  /**
   * What has been answered since the last reading, or is without an answer for good.
   *
   * @param {Entry[]} log @param {Family[]} families @param {(entry: Entry) => boolean} isLost
   * @returns {{ entry: Entry, deed: Deed, reason: string | null }[]}
   */
  read(log, families, isLost) {
    const newest = log.at(-1)?.n ?? 0;
    // A server that was started again counts from 1.
    if (newest < this.#last) {
      this.#last = 0;
      this.#open.clear();
    }
    const fresh = log.filter((entry) => this.#isNews(entry, isLost));
    this.#last = newest;
    // The log is in the order of arrival. What was granted is read first: it spent what others were refused for.
    fresh.sort((a, b) => Number(b.status === 200) - Number(a.status === 200));
    return fresh.map((entry) => ({ entry, ...this.#judge(entry, families) }));
  }

  /** @param {Entry} entry @param {(entry: Entry) => boolean} isLost */
  #isNews(entry, isLost) {
    const { n, status } = entry;
    const told = this.#open.get(n);
    if (n <= this.#last && told === undefined) return false;
    // One that was on its way, and has its answer now, is new.
    if (status !== null) {
      this.#open.delete(n);
      return true;
    }
    const lost = told || isLost(entry);
    this.#open.set(n, lost);
    return lost && !told;
  }

  /** @param {Entry} entry @param {Family[]} families @returns {{ deed: Deed, reason: string | null }} */
  #judge(entry, families) {
    const { path, status, token, faulted } = entry;
    const deed = (/** @type {Deed} */ deed, /** @type {string | null} */ reason = null) => ({
      deed,
      reason,
    });
    if (path === "/auth/login") return deed(status === 200 ? "login" : "login-refused");
    if (path === "/auth/logout") return deed(status === 200 ? "logout" : "lost");
    if (path !== "/auth/refresh") {
      if (status === null) return deed("lost");
      return deed(status === 401 ? "unauthorized" : "served");
    }
    if (!token?.sid || token.seq === undefined) return deed(status === 401 ? "missing" : "spoiled");
    const family = families.find(({ id }) => id === token.sid);
    const spent = this.#spent.get(token.sid) ?? 0;
    const spends = () => this.#spent.set(token.sid ?? "", token.seq ?? 0);
    if (status === 200) {
      if (token.seq <= spent) return deed("repeated");
      spends();
      return deed("rotated");
    }
    if (status === 401) {
      const first = !this.#dead.has(token.sid);
      this.#dead.add(token.sid);
      const reason = family?.reason ?? null;
      return deed(first && reason === "reuse" && token.seq <= spent ? "reuse" : "refused", reason);
    }
    if (status === 409) return deed("superseded");
    if (status === 429) return deed("limited");
    // The answer was spoiled; whether the cookie was spent is the session's to say.
    if (faulted && family && family.seq > token.seq && token.seq > spent) {
      spends();
      return deed("rotated-lost");
    }
    return deed(status === null ? "lost" : "spoiled");
  }
}
