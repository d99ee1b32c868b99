/**
 * A tab that the demo page opened as a frame. It is of the same origin, so the page reaches in and calls `start`; but
 * window, client, timers and event loop turns are its own, and it meets the others only where tabs do: at the lock, on
 * the channel, in the storage, in the cookie jar.
 */
import { setAhead } from "./clock.js";
import { Tab } from "./tab.js";
import { clock } from "./words.js";

/**
 * @param {number} number @param {number} ahead @param {import("./tab.js").Reporter} report
 * @returns {Tab}
 */
function start(number, ahead, report) {
  setAhead(ahead);
  element("name").textContent = `Tab ${number}`;
  document.title = `Tab ${number}`;
  const tab = new Tab((client, told) => {
    if (told.kind === "standing") show(client, told.standing);
    report(client, told);
  });
  element("call").hidden = false;
  element("call").addEventListener("click", () => {
    void tab.call("ours", 1);
    if (!element("naive").hidden) void tab.call("naive", 1).catch(() => {});
  });
  return tab;
}

/** @param {import("./tab.js").Client} client @param {import("./tab.js").Standing} standing */
function show(client, { signedIn, expiresAt }) {
  const line = element(client);
  const name = client === "ours" ? "evertoken" : "naive";
  line.dataset.in = String(signedIn);
  line.textContent = signedIn ? `${name}: token until ${clock(expiresAt)}` : `${name}: signed out`;
}

/** @param {boolean} shown */
function compare(shown) {
  element("naive").hidden = !shown;
  if (!element("naive").textContent) show("naive", { signedIn: false, expiresAt: 0 });
}

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

Object.assign(window, { start, compare });
