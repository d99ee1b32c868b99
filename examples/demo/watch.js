/**
 * Keeps an eye on one client's backend: reads what it counted, whom it holds signed in and what it was asked, and puts
 * what is new on the server's lane. Each second, and at once where a request has been answered.
 *
 * @typedef {import("./mock.js").Counters} Counters
 * @typedef {import("./mock.js").Family} Family
 * @typedef {{ counters: Counters, families: Family[], presentedAgain: number }} Reading
 */
import { Journal } from "./journal.js";
import { laneKey, now } from "./record.js";
import { describeDeed } from "./words-server.js";

export class Watch {
  /**
   * @param {import("./mock.js").Mock} mock
   * @param {import("./tab.js").Client} client
   * @param {import("./record.js").Record} record
   * @param {(mark: import("./record.js").Mark) => void} told
   */
  constructor(mock, client, record, told) {
    this.mock = mock;
    this.client = client;
    this.record = record;
    this.told = told;
    this.journal = new Journal();
    /** Before the first reading, the log is somebody else's story. */
    this.begun = false;
    /** @type {Reading | null} */
    this.latest = null;
    /** @type {Promise<Reading> | null} */
    this.reading = null;
    this.rotatedAt = 0;
    /** How often a refresh came with a cookie that had come before. */
    this.presentedAgain = 0;
    /** @type {Set<string>} */
    this.presented = new Set();
  }

  /** A reading that began after this was called. @returns {Promise<Reading>} */
  async read() {
    // One that is under way may have asked too early.
    await this.reading?.catch(() => {});
    this.reading ??= this.#read().finally(() => (this.reading = null));
    return this.reading;
  }

  async #read() {
    const { mock, client, record } = this;
    const log = await mock.requests();
    const [families, counters] = await Promise.all([mock.families(), mock.counters()]);
    const isLost = (/** @type {import("./mock.js").Entry} */ { path }) =>
      record.isLost(client, path);
    const news = this.journal.read(log, families, isLost);
    let lastAt = now();
    for (const { entry, deed, reason } of news) {
      this.#present(entry);
      const trip = record.meet(client, entry.path, entry.status);
      if (!this.begun) continue;
      lastAt = trip?.to ?? now();
      // Answers overtake each other; the alarm came after what it is about.
      if (deed === "rotated") this.rotatedAt = lastAt;
      if (deed === "reuse") lastAt = Math.max(lastAt, this.rotatedAt + 1);
      const words = describeDeed(deed, reason, entry, trip !== null);
      if (words) this.told(record.mark(laneKey(client, "server"), deed, words, lastAt));
    }
    this.begun = true;
    const alive = families.findLast(
      ({ status, contract }) => status === "alive" && contract === "rotation",
    );
    const generation = alive ? { family: alive.id, seq: alive.seq } : null;
    record.generation(client, generation, lastAt);
    this.latest = { counters, families, presentedAgain: this.presentedAgain };
    return this.latest;
  }

  /** @param {import("./mock.js").Entry} entry */
  #present({ path, token }) {
    if (path !== "/auth/refresh" || !token?.sid) return;
    const cookie = `${token.sid} ${token.seq}`;
    if (this.presented.has(cookie)) this.presentedAgain += 1;
    this.presented.add(cookie);
  }
}
