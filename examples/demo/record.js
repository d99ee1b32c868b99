/**
 * What happened, as the picture needs it: lanes, and on them bars, marks, waits, trips to the server and back. It is
 * told in the order things happen; nothing here touches the page, and every list has an end.
 *
 * Times are milliseconds of the real time (`performance`), since the browser's clock is moved on this page.
 *
 * @typedef {import("./tab.js").Client} Client
 * @typedef {import("./words.js").Words} Words
 * @typedef {{ key: string, client: Client, name: string, server: boolean, open: boolean }} Lane
 * @typedef {Words & { id: number, lane: string, at: number, type: string }} Mark
 * @typedef {{ lane: string, from: number, expires: number, to: number | null, refusedFrom: number | null }} Bar
 * @typedef {{ lane: string, from: number, to: number }} Wait
 * @typedef {{ lane: string, from: number, to: number | null, path: string, status: number | null, met: boolean }} Trip
 * @typedef {{ lane: string, from: number, to: number | null, seq: number, family: string }} Generation
 * @typedef {{ at: number, what: string }} Moment
 */

/** More than a window of the picture shows; bounds what a page left open overnight keeps. */
const KEPT = 1_000;

export const now = () => performance.now();

/** @param {Client} client @param {number | "server"} which */
export const laneKey = (client, which) => `${client}-${which}`;

export class Record {
  /** @param {number} begunAhead how far ahead the browser's clock is to begin with */
  constructor(begunAhead) {
    this.begunAhead = begunAhead;
  }

  /** @type {Map<string, Lane>} */
  lanes = new Map();
  /** @type {Mark[]} */
  marks = [];
  /** @type {Bar[]} */
  bars = [];
  /** @type {Wait[]} */
  waits = [];
  /** @type {Trip[]} */
  trips = [];
  /** @type {Generation[]} */
  generations = [];
  /** @type {Moment[]} */
  moments = [];
  /** When time was let pass, and how much. @type {{ at: number, ms: number }[]} */
  jumps = [];
  /** Counts what is told: with the same number it says the same. */
  version = 0;
  /** Called when there is something new. @type {() => void} */
  changed = () => {};
  #ids = 0;
  /** By lane and number: each tab numbers its own. @type {Map<string, Trip>} */
  #under = new Map();

  /** @param {Client} client @param {number | "server"} which */
  addLane(client, which) {
    const server = which === "server";
    const name = server ? "Server" : `Tab ${which}`;
    this.lanes.set(laneKey(client, which), {
      key: laneKey(client, which),
      client,
      name,
      server,
      open: true,
    });
    this.#told();
  }

  /** A tab was closed: its lane stays as long as something on it is to be seen. @param {number} tab */
  closeTab(tab) {
    for (const client of /** @type {const} */ (["ours", "naive"])) {
      this.standing(laneKey(client, tab), false, 0);
      const lane = this.lanes.get(laneKey(client, tab));
      if (lane) lane.open = false;
    }
    this.#told();
  }

  /** @param {string} lane @param {string} type @param {Words} words @param {number} [at] */
  mark(lane, type, words, at = now()) {
    this.#ids += 1;
    const mark = { ...words, id: this.#ids, lane, at, type };
    // What the server did is read a moment later than it happened.
    const place = this.marks.findLastIndex((other) => other.at <= at) + 1;
    this.marks.splice(place, 0, mark);
    trim(this.marks);
    this.#told();
    return mark;
  }

  /** @param {string} what */
  moment(what) {
    this.moments.push({ at: now(), what });
    trim(this.moments);
    this.#told();
  }

  /**
   * Whether a tab has a token, and how long it is good: a new one ends the bar of the old.
   *
   * @param {string} lane @param {boolean} signedIn @param {number} left milliseconds
   */
  standing(lane, signedIn, left) {
    const at = now();
    const bar = this.bars.findLast((bar) => bar.lane === lane && bar.to === null);
    // A session that is told again is the same token; the times differ by what the clocks round.
    if (bar && signedIn && Math.abs(bar.expires - (at + left)) < 20) return;
    if (bar) bar.to = Math.min(at, Math.max(bar.from, bar.expires));
    this.#told();
    if (!signedIn || left <= 0) return;
    this.bars.push({ lane, from: at, expires: at + left, to: null, refusedFrom: null });
    trim(this.bars);
  }

  /** The server refuses the tokens that are out. @param {Client} client */
  refuse(client) {
    for (const bar of this.#open(client)) bar.refusedFrom ??= now();
    this.#told();
  }

  /** Time was let pass: what expires does so earlier, by the real time. @param {number} ms */
  pass(ms) {
    this.jumps.push({ at: now(), ms });
    for (const bar of this.bars) {
      if (bar.to === null) bar.expires = Math.max(now(), bar.expires - ms);
    }
    this.#told();
  }

  /** What the browser's clock showed. @param {number} at */
  wall(at) {
    const passed = this.jumps.filter((jump) => jump.at <= at).reduce((sum, { ms }) => sum + ms, 0);
    return performance.timeOrigin + at + this.begunAhead + passed;
  }

  /** @param {string} lane @param {number} ms that ended now */
  wait(lane, ms) {
    this.waits.push({ lane, from: now() - ms, to: now() });
    trim(this.waits);
    this.#told();
  }

  /** @param {string} lane @param {number} id @param {string} path */
  sent(lane, id, path) {
    const trip = { lane, from: now(), to: null, path, status: null, met: false };
    this.#under.set(`${lane} ${id}`, trip);
    this.trips.push(trip);
    trim(this.trips);
    this.#told();
  }

  /** @param {string} lane @param {number} id @param {number | null} status */
  answered(lane, id, status) {
    const trip = this.#under.get(`${lane} ${id}`);
    this.#under.delete(`${lane} ${id}`);
    if (trip) Object.assign(trip, { to: now(), status });
    this.#told();
  }

  /**
   * The trip that the server speaks of, told once: the first to that path that got that answer.
   *
   * @param {Client} client @param {string} path @param {number | null} status
   */
  meet(client, path, status) {
    const fits = this.trips.filter(
      (trip) => !trip.met && trip.path === path && trip.lane.startsWith(`${client}-`),
    );
    const trip = fits.find((trip) => trip.to !== null && trip.status === status) ?? null;
    if (trip) trip.met = true;
    return trip;
  }

  /** Whether a request to that path was given up, and the server was not heard of it. @param {Client} client @param {string} path */
  isLost(client, path) {
    return this.trips.some(
      (trip) =>
        !trip.met &&
        trip.to !== null &&
        trip.status === null &&
        trip.path === path &&
        trip.lane.startsWith(`${client}-`),
    );
  }

  /** Which cookie of which session is the good one. @param {Client} client @param {{ family: string, seq: number } | null} now_ @param {number} at */
  generation(client, now_, at) {
    const lane = laneKey(client, "server");
    const last = this.generations.findLast((each) => each.lane === lane && each.to === null);
    if (last && last.family === now_?.family && last.seq === now_.seq) return;
    if (last) last.to = Math.max(last.from, at);
    if (last || now_) this.#told();
    if (!now_) return;
    this.generations.push({ lane, from: at, to: null, ...now_ });
    trim(this.generations);
  }

  #told() {
    this.version += 1;
    this.changed();
  }

  /** @param {Client} client */
  #open(client) {
    return this.bars.filter((bar) => bar.to === null && bar.lane.startsWith(`${client}-`));
  }
}

/** @param {unknown[]} list */
function trim(list) {
  if (list.length > KEPT) list.splice(0, list.length - KEPT);
}
