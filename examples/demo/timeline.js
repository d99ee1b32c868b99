/**
 * The list of what happened, newest first: the picture in words. What the same lane does many times in a row is one
 * entry that counts.
 *
 * @typedef {import("./words.js").Words} Words
 */
import { clock } from "./words.js";

/** More than anyone scrolls through; bounds what a page left open overnight keeps. */
const KEPT = 200;

/** @typedef {{ at: number, same: string, times: number, title: HTMLElement, item: HTMLElement }} Line */

export class Timeline {
  /** @param {HTMLOListElement} list */
  constructor(list) {
    this.list = list;
    /** Newest first. @type {Line[]} */
    this.lines = [];
  }

  /**
   * @param {string} type @param {string} where whose doing it was; "" for the person's
   * @param {number} at by the browser's clock @param {Words} words
   */
  add(type, where, at, words) {
    const same = `${type} ${where} ${words.what} ${words.why}`;
    // What the server did is heard of a moment later, and stands where it happened.
    const later = this.lines.findIndex((line) => line.at <= at);
    const place = later < 0 ? this.lines.length : later;
    const twin = this.lines.slice(Math.max(0, place - 1), place + 1).find((l) => l.same === same);
    if (words.many && twin) {
      twin.times += 1;
      twin.title.textContent = words.many(twin.times);
      return;
    }
    const title = element("strong", words.what);
    const item = this.#item(where, at, words, title);
    item.dataset.type = type;
    item.dataset.tone = words.tone;
    this.list.insertBefore(item, this.lines[place]?.item ?? null);
    this.lines.splice(place, 0, { at, same, times: 1, title, item });
    for (const { item } of this.lines.splice(KEPT)) item.remove();
  }

  /** @param {string} where @param {number} at @param {Words} words @param {HTMLElement} title */
  #item(where, at, words, title) {
    const time = element("time", clock(at));
    time.setAttribute("datetime", new Date(at).toISOString());
    const place = element("span", where);
    place.className = "where";
    const line = element("div", where && place, title);
    return element("li", icon(words.icon), line, time, words.why && element("p", words.why));
  }
}

/** @param {string} name @param {(Node | string)[]} children */
function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** @param {string} name */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}
