/**
 * What the server did, in words: from its request log to sentences. Nothing here touches the page.
 *
 * @typedef {import("./words.js").Words} Words
 * @typedef {import("./journal.js").Deed} Deed
 * @typedef {import("./mock.js").Entry} Entry
 */
import { bad, good, plain } from "./words.js";

/** Why the server ended a session, as the end of a sentence. @type {Record<string, string>} */
export const whyEnded = {
  logout: "signed out",
  expired: "too old",
  reuse: "a spent cookie came back",
  revoked: "withdrawn",
  replaced: "a newer sign-in took its place",
  inactive: "the account is switched off",
};

/**
 * @param {Deed} deed @param {string | null} reason @param {Entry} entry @param {boolean} ours whether one of the tabs here sent it
 * @returns {Words | null} null for what is too usual to be told
 */
export function describeDeed(deed, reason, { token, status }, ours) {
  const seq = token?.seq ?? 0;
  const stranger = ours ? "" : " None of the tabs here asked for it.";
  switch (deed) {
    case "served":
      return null;
    case "login":
      return good("in", "Opened a session", "It gave out cookie 1 and an access token.");
    case "login-refused":
      return bad("No session", "E-mail and password do not fit.");
    case "logout":
      return plain(
        "out",
        "Ended the session",
        "The tab asked for it. The cookie is worth nothing now.",
      );
    case "rotated":
      return good(
        "refresh",
        "Rotated the cookie",
        `Cookie ${seq} is spent, cookie ${seq + 1} takes its place, and a new access token goes with it.${stranger}`,
      );
    case "rotated-lost":
      return {
        ...bad(
          "Rotated, but the answer was lost",
          ours
            ? `Cookie ${seq} is spent. Cookie ${seq + 1} did not reach the tab.`
            : `Cookie ${seq} is spent. Cookie ${seq + 1} went elsewhere.${stranger}`,
        ),
        icon: "lost",
      };
    case "repeated":
      return good(
        "again",
        "Gave the same answer again",
        `Cookie ${seq} was spent before, but the key that came with it proves an honest repeat.`,
      );
    case "superseded":
      return plain(
        "note",
        "Too late, harmless",
        "An old copy of an honest request. Nothing changed.",
      );
    case "limited":
      return plain(
        "wait",
        "Asked for a pause",
        "Answer 429, with the time to wait. Nothing changed.",
      );
    case "reuse":
      return {
        ...bad(
          "Alarm: a spent cookie came back",
          `Cookie ${seq} was used before, and nothing proves who uses it now. It ends all sessions of this account.`,
        ),
        icon: "alarm",
      };
    case "refused":
      return {
        ...bad(
          "Refused to refresh",
          `This session is over: ${(reason && whyEnded[reason]) ?? "it is not known"}.`,
        ),
        many: (n) => `Refused to refresh, ${n} times`,
      };
    case "missing":
      return {
        ...plain("note", "No cookie came", "So there is no session to go on with."),
        many: (n) => `No cookie came, ${n} times`,
      };
    case "spoiled":
      return bad("Failed", `Answer ${status}, before anything changed.`);
    case "unauthorized":
      return {
        ...plain("no", "Refused a call", "Answer 401: this access token is no longer good."),
        many: (n) => `Refused ${n} calls`,
      };
    case "lost":
      return bad("The connection broke", "The request got no answer.");
  }
}
