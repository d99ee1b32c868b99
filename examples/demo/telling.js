/**
 * From what the tabs report to what is drawn and listed. It only translates: a report in, a mark, a bar or a trip out.
 *
 * @typedef {import("./tab.js").Client} Client
 * @typedef {import("./tab.js").Report} Report
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./record.js").Mark} Mark
 */
import { laneKey, now } from "./record.js";
import * as words from "./words.js";

/** The server speaks of these; the page's own files and controls are no part of the story. */
const TOLD = /^\/auth\//;

/** From here on the tab has a request of its own, or its answer. */
const ENDS_WAITING = new Set([
  "refresh-started",
  "refreshed",
  "refresh-failed",
  "adopted",
  "signed-out",
]);

/** What tabs take turns for. */
const IN_TURN = /^\/auth\/(login|refresh|logout)$/;

/**
 * @param {Record} record @param {(mark: Mark) => void} list
 * @returns {(number: number, client: Client, report: Report) => void}
 */
export function telling(record, list) {
  /** Since when calls wait in a tab, with no request of its own under way. @type {Map<string, number>} */
  const waiting = new Map();
  const waits = (/** @type {string} */ lane) => waiting.set(lane, waiting.get(lane) ?? now());

  return (number, client, report) => {
    const lane = laneKey(client, number);
    switch (report.kind) {
      case "asked":
        waits(lane);
        return;
      case "sent":
        waiting.delete(lane);
        if (TOLD.test(report.path)) record.sent(lane, report.trip, report.path);
        return;
      case "answered":
        record.answered(lane, report.trip, report.status);
        if (report.status === 401) waits(lane);
        return;
      case "standing": {
        const { signedIn, expiresAt } = report.standing;
        record.standing(lane, signedIn, signedIn ? expiresAt - Date.now() : 0);
        return;
      }
      case "event": {
        const { event } = report;
        let beside = false;
        if (event.type === "lock-waited") {
          record.wait(lane, event.ms);
          beside = wasBusyBeside(record, lane, event.ms);
          if (waiting.has(lane)) waiting.set(lane, now());
        }
        // The client has no word for a wait that ends with another tab's token; it began with the call, or its 401.
        const since = waiting.get(lane);
        if (event.type === "adopted" && since !== undefined) record.wait(lane, now() - since);
        if (ENDS_WAITING.has(event.type)) waiting.delete(lane);
        const said =
          client === "ours"
            ? words.describe(/** @type {import("evertoken").AuthEvent} */ (event), beside)
            : words.describeNaive(/** @type {import("./naive.js").NaiveEvent} */ (event));
        list(record.mark(lane, event.type, said));
      }
    }
  };
}

/**
 * Whether another tab here had its turn in that time, up to now.
 *
 * @param {Record} record @param {string} lane @param {number} ms
 */
function wasBusyBeside({ trips }, lane, ms) {
  const [client] = lane.split("-");
  const others = trips.filter((trip) => trip.lane !== lane && trip.lane.startsWith(`${client}-`));
  return others.some(({ path, to }) => IN_TURN.test(path) && (to === null || to >= now() - ms));
}
