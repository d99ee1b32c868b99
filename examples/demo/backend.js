/**
 * The backend's part of the page: the switches that break it, the sessions it knows, and beside each other what it
 * counted of either client.
 *
 * @typedef {import("./world.js").World} World
 * @typedef {import("./world.js").Weather} Weather
 * @typedef {import("./mock.js").Family} Family
 */
import { ahead } from "./clock.js";
import { MockError } from "./mock.js";
import { $, on, unavailable } from "./page.js";
import { whyEnded } from "./words-server.js";
import { clock, duration } from "./words.js";

/** @type {[Weather, string, string][]} */
const WEATHER = [
  ["fine", "as it should be", "Refreshes are answered as they should be."],
  ["slow", "slowly", "Each refresh takes a second and a half."],
  [
    "before",
    "503, nothing done",
    "Each refresh is answered “not just now”, and nothing has changed.",
  ],
  [
    "after",
    "503, cookie rotated",
    "Each refresh is done, and then its answer is lost. The tab is left with a spent cookie.",
  ],
  ["limited", "429, wait 3 s", "Each refresh is told to come again in three seconds."],
];

/** What stands where the last thing done is said, while nothing can be done. */
const NOBODY = "Sign in, and there is something to refuse, to end and to steal.";

/** The oldest of more sessions than this are nobody's interest. */
const SHOWN = 4;

export class Backend {
  /**
   * @param {World} world
   * @param {(name: string, place: HTMLElement, action: () => Promise<void>) => Promise<void>} act
   */
  constructor(world, act) {
    this.world = world;
    this.note = $("#break-note");
    this.clock = $("#clock");
    this.families = $("#families");
    this.offline = /** @type {HTMLInputElement} */ ($("#offline"));
    this.place = $(".backend");
    this.#switches(act);
    this.#buttons(act);
    this.update();
    this.#tick();
    setInterval(() => document.hidden || this.#tick(), 1_000);
  }

  /** The server's clock; every tab's goes with it. */
  #tick() {
    const since = ahead();
    const than = since ? `${duration(since)} ahead of your own clock` : "as on your own clock";
    const shown = `It is ${clock(Date.now())}, ${than}.`;
    if (this.clock.textContent !== shown) this.clock.textContent = shown;
  }

  /** @param {(name: string, place: HTMLElement, action: () => Promise<void>) => Promise<void>} act */
  #switches(act) {
    for (const [weather, name, meaning] of WEATHER) {
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: "weather", value: weather });
      input.addEventListener("change", () =>
        act(`Refreshes: ${name}`, this.place, async () => {
          await this.world.setWeather(weather);
          this.say(meaning);
        }),
      );
      const label = document.createElement("label");
      label.className = "check";
      label.append(input, ` ${name}`);
      $("#weather").append(label);
    }
    this.offline.addEventListener("change", () => {
      const off = this.offline.checked;
      void act(off ? "Offline" : "Online again", this.place, async () => {
        await this.world.setOffline(off);
        this.say(off ? "Every connection breaks. Nobody is signed out by that." : "Online again.");
      });
    });
  }

  /** @param {(name: string, place: HTMLElement, action: () => Promise<void>) => Promise<void>} act */
  #buttons(act) {
    const { world, place } = this;
    on("#expire", () =>
      act("Refuse the access token", place, async () => {
        await world.refuse();
        this.say(
          "The server refuses the tokens that are out. The tabs find out with the next call.",
        );
      }),
    );
    on("#jump", () =>
      act("Jump to expiry", place, async () => {
        const seconds = await world.jump();
        this.#tick();
        this.say(
          `${duration(seconds * 1000)} have passed, for the server and for every tab, as while a laptop sleeps.`,
        );
      }),
    );
    on("#revoke", () =>
      act("End all sessions", place, async () => {
        await world.endAllSessions();
        this.say(
          "Signed out everywhere, from another device. A token that is out stays good until it expires; then there is no new one.",
        );
      }),
    );
    on("#steal", () =>
      act("Steal the cookie", place, async () => {
        if (!(await world.steal())) {
          throw new MockError("The thief came too late.", "A refresh came between. Try again.");
        }
        this.say(
          "A thief has used a copy of the cookie, and has the next one. Jump to expiry and make a call: the server sees one cookie twice, and the session dies.",
        );
      }),
    );
  }

  /** @param {string} text */
  say(text) {
    this.note.textContent = text;
  }

  /** Shows how the world is set. */
  update() {
    const { world } = this;
    for (const input of document.querySelectorAll("input[name=weather]")) {
      const radio = /** @type {HTMLInputElement} */ (input);
      radio.checked = radio.value === world.weather;
    }
    this.offline.checked = world.offline;
    const signedIn = world.signedIn;
    for (const button of ["#expire", "#jump", "#revoke", "#steal"]) {
      unavailable($(button), !signedIn);
    }
    const idle = this.note.textContent === "" || this.note.textContent === NOBODY;
    if (idle) this.say(signedIn ? "" : NOBODY);
  }

  /** @param {Family[]} ours @param {Family[] | null} naive */
  show(ours, naive) {
    const lists = [list("evertoken", ours, naive !== null)];
    if (naive) lists.push(list("naive client", naive, true));
    const drawn = lists.map((each) => each.outerHTML).join("");
    // Written anew only if it says something new, so that a screen reader is not disturbed each second.
    if (this.families.dataset.shown === drawn) return;
    this.families.dataset.shown = drawn;
    this.families.replaceChildren(...lists);
  }
}

/** @param {string} name @param {Family[]} families @param {boolean} named */
function list(name, families, named) {
  const box = document.createElement("div");
  if (named) box.append(made("p", "small", name));
  const list = document.createElement("ul");
  list.setAttribute("aria-label", `Sessions, ${name}`);
  const shown = families.slice(-SHOWN).reverse();
  for (const family of shown) {
    const item = made("li", "family", "");
    item.dataset.status = family.status;
    const number = families.indexOf(family) + 1;
    const state =
      family.status === "alive"
        ? "alive"
        : `ended: ${(family.reason && whyEnded[family.reason]) ?? family.reason}`;
    const where = family.contract === "rotation" ? "" : ", another device:";
    item.append(made("strong", "", `Session ${number}`), `${where} ${state}`, cookies(family));
    list.append(item);
  }
  const older = families.length - shown.length;
  if (!families.length) list.append(made("li", "small", "None yet."));
  if (older > 0) list.append(made("li", "small", `and ${older} before them`));
  box.append(list);
  return box;
}

/** The generations: those that are spent, and the one that is good. @param {Family} family */
function cookies({ seq, status }) {
  const row = made("span", "generations", "");
  const first = Math.max(1, seq - 5);
  if (first > 1) row.append("… ");
  for (let each = first; each <= seq; each++) {
    const good = each === seq && status === "alive";
    const chip = made("span", good ? "chip good" : "chip", String(each));
    row.append(chip, " ");
  }
  const said = status === "alive" ? `cookie ${seq} is good` : `${seq} cookies, none is good`;
  row.append(made("span", "said", said));
  return row;
}

/** @param {string} name @param {string} kind @param {string} text */
function made(name, kind, text) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  element.textContent = text;
  return element;
}
