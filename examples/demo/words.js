/**
 * Everything the page says about what happened, in one place: from the client's events, its session and the server's
 * counters to sentences. Nothing here touches the page.
 *
 * @typedef {import("evertoken").AuthEvent} AuthEvent
 * @typedef {import("evertoken").Session} Session
 * @typedef {import("./mock.js").Counters} Counters
 * @typedef {{ icon: string, tone: "plain" | "good" | "bad" | "you", what: string, why: string, many?: (n: number) => string }} Words
 */

/** @param {number} ms "13:02"; with hours "1:00:05" */
export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {number} at */
export const clock = (at) =>
  new Date(at).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${n === 1 ? "one" : n} ${n === 1 ? one : many}`;

/** @param {number} n */
export const times = (n) => (n === 1 ? "once" : `${n} times`);

/** @type {Record<string, string>} */
const whyRefresh = {
  timer: "It is due: the old one expires soon, or the last try failed.",
  rejected:
    "The server answered 401: it no longer takes the old one. Everyone who waits shares this one request.",
  demand: "A call needs it, or the page asked.",
  restore: "The page was just opened; a cookie from last time may still be good.",
  wake: "The page was asleep, and time has passed.",
};

/** Why nobody is signed in. @type {Record<string, string>} */
export const whySignedOut = {
  never: "This browser has no session here yet.",
  logout: "You signed out: here, in another tab, or everywhere from another device.",
  expired: "The session was too old to be renewed. Sign in again.",
  reuse:
    "A refresh cookie that was already used came back, as a stolen one would. To be safe, the server ended it all.",
  revoked: "The server withdrew the session.",
  replaced: "A newer sign-in took its place.",
  inactive: "The account is switched off.",
  forbidden: "The server said that this account may not go on.",
  denied: "The server refused to renew the session.",
};

/** @type {Record<string, string>} */
const whyFailed = {
  network: "The server could not be reached.",
  timeout: "The server took too long.",
  rate_limited: "The server asked for a pause.",
  server: "The server said: not just now. That is no reason to sign anyone out.",
  misconfigured: "The answer makes no sense here; something is set up wrongly.",
  login_required: "The server refused: a new sign-in is needed.",
};

/**
 * @param {AuthEvent} event @param {boolean} [beside] whether another tab here was about it too
 * @returns {Words}
 */
export function describe(event, beside = false) {
  switch (event.type) {
    case "restored":
      return good(
        "in",
        "The session is back",
        "The cookie from last time was still good. No password needed.",
      );
    case "signed-in":
      return good("in", "Signed in", "The server took the e-mail and password.");
    case "signed-out":
      return {
        icon: "out",
        tone: event.reason === "logout" || event.reason === "never" ? "plain" : "bad",
        what: event.reason === "never" ? "Nobody is signed in" : "Signed out",
        why: whySignedOut[event.reason] ?? "",
      };
    case "refresh-started":
      return plain(
        "refresh",
        event.attempt > 1 ? `Asked for a new token, try ${event.attempt}` : "Asked for a new token",
        whyRefresh[event.why] ?? "",
      );
    case "refreshed":
      return good("good", "Got a new token", `It is good until ${clock(event.expiresAt)}.`);
    case "refresh-failed": {
      const next = event.retryIn == null ? "" : ` Tries again in ${duration(event.retryIn)}.`;
      return bad("No new token", (whyFailed[event.code] ?? `Code: ${event.code}.`) + next);
    }
    case "adopted":
      return event.from === "peer"
        ? good(
            "peer",
            "Took over a token",
            "Another tab had just got it, so no request was needed.",
          )
        : good("peer", "Took over a token", "It came with the answer to a call.");
    case "retried":
      return {
        ...plain(
          "again",
          "Repeated one call",
          `${event.method} ${path(event.url)} was refused with the old token. It is sent once more, with the new one.`,
        ),
        many: (n) => `Repeated ${n} calls`,
      };
    case "passed-through":
      return plain(
        "note",
        "Sent a call without a token",
        `${event.origin} is not on the list of those who may see it.`,
      );
    case "lock-waited":
      return plain(
        "wait",
        "Waited for its turn",
        `Only one tab may refresh at a time. ${beside ? "Another was first; it" : "None here was before it; it still"} took ${Math.round(event.ms)} ms.`,
      );
    case "listener-failed":
      return bad(
        "The page made a mistake",
        "A function that it gave to the client threw. The client goes on.",
      );
    default:
      return plain("note", /** @type {{ type: string }} */ (event).type, "");
  }
}

/**
 * @param {import("./naive.js").NaiveEvent} event
 * @returns {Words}
 */
export function describeNaive(event) {
  switch (event.type) {
    case "signed-in":
      return good("in", "Signed in", "The server took the e-mail and password.");
    case "refresh-started":
      return {
        ...plain("refresh", "Asked for a new token", "It has none that is good."),
        many: (n) => `Asked for a new token, ${n} times`,
      };
    case "refreshed":
      return good("good", "Got a new token", "It keeps it, whatever has happened meanwhile.");
    case "retried":
      return {
        ...plain("again", "Repeated one call", "It is sent once more, with the new token."),
        many: (n) => `Repeated ${n} calls`,
      };
    case "refresh-failed":
      return {
        ...bad(
          "No new token",
          event.status === null ? "The server could not be reached." : `Answer ${event.status}.`,
        ),
        many: (n) => `No new token, ${n} times`,
      };
    case "signed-out":
      return event.asked
        ? plain("out", "Signed out", "You asked for it.")
        : {
            ...bad(
              "Signed out",
              "It got no new token, and does not ask why. The password, please.",
            ),
            icon: "out",
          };
  }
}

/**
 * The one line under "Try it" when calls have been answered.
 *
 * @param {{ sent: number, statuses: number[], saw: Counters | null }} outcome `saw`: what the counters grew by
 */
export function summary({ sent, statuses, saw }) {
  const odd = statuses.filter((status) => status !== 200);
  const others = odd.length
    ? ` (${count(odd.length, "other")}: ${[...new Set(odd)].join(", ")})`
    : "";
  return {
    what: `${statuses.length - odd.length} of ${sent} answered 200${others}`,
    why: saw ? whatTheServerSaw(saw) : "",
  };
}

/** @param {number} sent @param {number[]} statuses */
export const besides = (sent, statuses) =>
  `Naive client: ${statuses.filter((status) => status === 200).length} of ${sent}.`;

/** @param {Counters} saw */
function whatTheServerSaw({ resource, refresh }) {
  const renewed = refresh.ok + refresh.replayed;
  if (!resource.unauthorized && !renewed && !refresh.denied)
    return resource.ok ? "The token was good: no refresh needed." : "The server saw nothing of it.";

  const refused = `The server saw ${resource.unauthorized}×401`;
  if (refresh.denied) return `${refused} and refused the refresh.`;
  if (!renewed) return `${refused}, and no refresh worked.`;
  return `${refused} and ${count(renewed, "refresh", "refreshes")}.`;
}

/** @param {unknown} error @returns {{ what: string, hint: string }} */
export function problem(error) {
  const { message, hint } = /** @type {{ message?: string, hint?: string }} */ (error ?? {});
  if (hint) return { what: message ?? "", hint };
  // The platform's own TypeError, "Failed to fetch", helps nobody.
  if (/** @type {{ name?: string }} */ (error ?? {}).name === "TypeError")
    return { what: "The server does not answer.", hint: "Is it still running?" };
  return { what: message || String(error), hint: "" };
}

/** @param {string} icon @param {string} what @param {string} why @returns {Words} */
export const plain = (icon, what, why) => ({ icon, tone: "plain", what, why });
/** @param {string} icon @param {string} what @param {string} why @returns {Words} */
export const good = (icon, what, why) => ({ icon, tone: "good", what, why });
/** @param {string} what @param {string} why @returns {Words} */
export const bad = (what, why) => ({ icon: "bad", tone: "bad", what, why });

/** @param {string} url */
const path = (url) => new URL(url, location.href).pathname;
