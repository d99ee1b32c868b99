/**
 * The list of what happened, newest first. What the same event does many times in a row is one entry that counts.
 *
 * @typedef {import("./words.js").Words} Words
 */
import { clock } from "./words.js";

/** More than anyone scrolls through; bounds what a page left open overnight keeps. */
const KEPT = 200;

export class Timeline {
  /** @param {HTMLOListElement} list */
  constructor(list) {
    this.list = list;
    /** @type {{ same: string, times: number, title: HTMLElement } | null} */
    this.newest = null;
  }

  /** @param {string} type @param {number} at @param {Words} words */
  add(type, at, words) {
    const same = `${type} ${words.what} ${words.why}`;
    if (words.many && this.newest?.same === same) {
      this.newest.times += 1;
      this.newest.title.textContent = words.many(this.newest.times);
      return;
    }
    const time = element("time", clock(at));
    time.setAttribute("datetime", new Date(at).toISOString());
    const title = element("strong", words.what);
    const item = element("li", icon(words.icon), time, title, words.why && element("p", words.why));
    item.dataset.type = type;
    item.dataset.tone = words.tone;
    this.list.prepend(item);
    this.newest = { same, times: 1, title };
    while (this.list.children.length > KEPT) this.list.lastElementChild?.remove();
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
