/**
 * What runs in one tab: our client and the naive one, each with a `fetch` that writes down what leaves and what comes
 * back. The page is the first tab itself; every further one is a frame, with a window, a client and timers of its own.
 *
 * @typedef {import("evertoken").AuthEvent} AuthEvent
 * @typedef {import("evertoken").Session} Session
 * @typedef {"ours" | "naive"} Client
 * @typedef {{ signedIn: boolean, expiresAt: number }} Standing
 * @typedef {{ kind: "asked" } | { kind: "event", event: AuthEvent | import("./naive.js").NaiveEvent }
 *   | { kind: "standing", standing: Standing }
 *   | { kind: "sent", trip: number, method: string, path: string }
 *   | { kind: "answered", trip: number, status: number | null }} Report
 * @typedef {(client: Client, report: Report) => void} Reporter
 * @typedef {{ sent: number, statuses: number[], error: unknown }} Calls
 */
import { setAhead } from "./clock.js";
import { createAuthClient } from "./evertoken/index.js";
import { createNaiveClient } from "./naive.js";

/** The naive client's backend is a tenant of the same server: same rules, with sessions and counters of its own. */
export const NAIVE = "/t/naive";

/** The browser lines up calls to one address, to answer the later ones from its cache; here they shall all go out. */
const AT_ONCE = { cache: /** @type {const} */ ("no-store") };

/** Numbers a tab’s own requests. */
let trips = 0;

export class Tab {
  /** @param {Reporter} report */
  constructor(report) {
    this.report = report;
    this.ours = createAuthClient({
      fetch: written("ours", report),
      onEvent: (event) => report("ours", { kind: "event", event }),
    });
    this.naive = createNaiveClient({
      baseUrl: new URL(NAIVE, location.origin).href,
      fetch: written("naive", report),
      onEvent: (event) => {
        report("naive", { kind: "event", event });
        report("naive", { kind: "standing", standing: this.naive.session });
      },
    });
    const tell = (/** @type {Session} */ session) =>
      report("ours", { kind: "standing", standing: standing(session) });
    this.ours.subscribe(tell);
    tell(this.ours.session);
  }

  /**
   * Makes calls at once.
   *
   * @param {Client} client @param {number} times @param {(place: number, ok: boolean) => void} [each]
   * @returns {Promise<Calls>}
   */
  async call(client, times, each = () => {}) {
    // Where nobody is signed in, such a page shows its login form.
    if (client === "naive" && !this.naive.session.signedIn) {
      return { sent: times, statuses: [], error: undefined };
    }
    this.report(client, { kind: "asked" });
    const answers = await Promise.allSettled(
      Array.from({ length: times }, async (_, place) => {
        try {
          const { status } = await this[client].fetch("/auth/me", AT_ONCE);
          each(place, status === 200);
          return status;
        } catch (error) {
          each(place, false);
          throw error;
        }
      }),
    );
    return {
      sent: times,
      statuses: answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])),
      error: answers.find((answer) => answer.status === "rejected")?.reason,
    };
  }

  /** Time has passed. @param {number} ms ahead of the real time */
  sleepUntil(ms) {
    setAhead(ms);
  }

  /** The network is back: a browser says so to every window. */
  online() {
    dispatchEvent(new Event("online"));
  }

  close() {
    this.ours.dispose();
  }
}

/** @param {Session} session @returns {Standing} */
function standing(session) {
  const signedIn = session.status === "signed-in" || session.status === "signing-out";
  return { signedIn, expiresAt: session.status === "signed-in" ? session.expiresAt : 0 };
}

/**
 * The platform's `fetch`, with a note of what leaves and what comes back.
 *
 * @param {Client} client @param {Reporter} report @returns {typeof fetch}
 */
function written(client, report) {
  return async (input, init) => {
    const request = typeof input === "object" && "url" in input ? input : null;
    const url = new URL(request?.url ?? String(input), location.href);
    const trip = ++trips;
    const method = init?.method ?? request?.method ?? "GET";
    const path = client === "naive" ? url.pathname.slice(NAIVE.length) : url.pathname;
    report(client, { kind: "sent", trip, method, path });
    try {
      const response = await fetch(input, init);
      report(client, { kind: "answered", trip, status: response.status });
      return response;
    } catch (error) {
      report(client, { kind: "answered", trip, status: null });
      throw error;
    }
  };
}
