/**
 * The tabs of this page: the page itself is the first, each further one is a frame of the same origin.
 *
 * @typedef {{ number: number, tab: import("./tab.js").Tab, frame: HTMLIFrameElement | null }} Open
 * @typedef {(number: number, client: import("./tab.js").Client, report: import("./tab.js").Report) => void} Told
 */
import { ahead } from "./clock.js";
import { Tab } from "./tab.js";

/** Enough to see a crowd, few enough to find one's tab in the picture. */
export const MOST = 8;

export class Tabs {
  /** @param {HTMLElement} holder @param {Told} told */
  constructor(holder, told) {
    this.holder = holder;
    this.told = told;
    this.comparing = false;
    this.sharing = false;
    /** @type {Open[]} */
    this.open = [];
  }

  /** The page itself becomes a tab. */
  begin() {
    const tab = new Tab((client, report) => this.told(1, client, report));
    this.open.push({ number: 1, tab, frame: null });
  }

  get first() {
    return this.open[0].tab;
  }

  get all() {
    return this.open.map(({ tab }) => tab);
  }

  /** @returns {Promise<Tab>} */
  async add() {
    const number = (this.open.at(-1)?.number ?? 0) + 1;
    const frame = document.createElement("iframe");
    frame.title = `Tab ${number}`;
    frame.src = "./frame.html";
    const loaded = new Promise((resolve) =>
      frame.addEventListener("load", resolve, { once: true }),
    );
    this.holder.append(frame);
    await loaded;
    const inside = /** @type {any} */ (frame.contentWindow);
    inside.compare(this.comparing);
    /** @type {Tab} */
    const tab = inside.start(
      number,
      ahead(),
      (/** @type {import("./tab.js").Client} */ client, /** @type {any} */ report) =>
        this.told(number, client, report),
    );
    tab.naive.share(this.sharing);
    this.open.push({ number, tab, frame });
    await tab.ours.ready;
    return tab;
  }

  /** Closes the last one, as a person closes a tab. @returns {number | null} its number */
  remove() {
    if (this.open.length < 2) return null;
    const last = /** @type {Open} */ (this.open.pop());
    last.tab.close();
    last.frame?.remove();
    return last.number;
  }

  /** @param {boolean} shown */
  compare(shown) {
    this.comparing = shown;
    for (const { frame } of this.open) /** @type {any} */ (frame?.contentWindow)?.compare(shown);
  }

  /** @param {boolean} on */
  share(on) {
    this.sharing = on;
    for (const tab of this.all) tab.naive.share(on);
  }

  /** It is later, in every tab. @param {number} ms ahead of the real time */
  sleepUntil(ms) {
    for (const tab of this.all) tab.sleepUntil(ms);
  }

  online() {
    for (const tab of this.all) tab.online();
  }

  /**
   * Signs the naive client in, in all tabs: by password in the first, and each other one as if it were loaded again.
   *
   * @param {{ email: string, password: string }} credentials
   */
  async signNaiveIn(credentials) {
    const [first, ...rest] = this.all;
    await first.naive.login(credentials);
    for (const tab of rest) await tab.naive.refresh();
  }
}
