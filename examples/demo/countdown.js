/**
 * How long the token is good, and when the client renews it: the text and the bar.
 *
 * @typedef {import("evertoken").AuthEvent} AuthEvent
 * @typedef {import("evertoken").Session} Session
 */
import { clock, duration } from "./words.js";

/** The client's default `refreshBuffer`: it renews this long before expiry, at most half the lifetime. */
const BUFFER = 60_000;

export class Countdown {
  /** @param {{ text: HTMLElement, bar: HTMLElement, note: HTMLElement }} parts */
  constructor(parts) {
    this.parts = parts;
    this.expiresAt = 0;
    /** The longest that was seen to be left; a token taken over from another tab is no longer new. */
    this.lifetime = 0;
    this.stale = false;
    /** The server was told to refuse the token, and the client cannot know. */
    this.refused = false;
    /** Now it knows. */
    this.known = false;
    this.asking = false;
    /** When a refresh that failed is tried again. @type {number | null} */
    this.nextTry = null;
  }

  /** @param {Session} session */
  session(session) {
    if (session.status !== "signed-in") {
      this.refused = this.known = this.asking = false;
      this.nextTry = null;
      return;
    }
    if (session.expiresAt !== this.expiresAt) {
      this.expiresAt = session.expiresAt;
      this.lifetime = Math.max(this.lifetime, session.expiresAt - Date.now());
      this.refused = this.known = false;
      this.nextTry = null;
    }
    this.stale = session.stale;
    this.draw();
  }

  /** @param {AuthEvent} event */
  event(event) {
    if (event.type === "refresh-started") {
      this.asking = true;
      if (event.why === "rejected") this.refused = this.known = true;
    }
    if (["refreshed", "refresh-failed", "adopted", "signed-out"].includes(event.type)) {
      this.asking = false;
      this.nextTry =
        event.type === "refresh-failed" && event.retryIn != null ? event.at + event.retryIn : null;
    }
    this.draw();
  }

  /** The server refuses the token from now on. */
  refuse() {
    this.refused = true;
    this.draw();
  }

  draw() {
    const { text, bar, note } = this.parts;
    const now = Date.now();
    const left = Math.max(0, this.expiresAt - now);
    const lifetime = Math.max(1, this.lifetime);
    const buffer = Math.min(BUFFER, lifetime / 2);

    const [label, time] = this.#headline(now, left - buffer);
    set(text, label, time);
    bar.style.setProperty("--left", String(Math.min(1, left / lifetime)));
    bar.style.setProperty("--mark", String(buffer / lifetime));
    bar.dataset.state = this.stale || this.refused || left === 0 ? "bad" : "good";
    set(note, this.#footnote(left, buffer));
  }

  /** @param {number} now @param {number} due @returns {[string, string]} */
  #headline(now, due) {
    if (this.asking) return ["Getting a new token", "…"];
    if (this.nextTry != null && this.nextTry > now)
      return ["Tries again by itself in", duration(this.nextTry - now)];
    if (due > 0) return ["Refreshes by itself in", duration(due)];
    return ["A new token is due", "…"];
  }

  /** @param {number} left @param {number} buffer */
  #footnote(left, buffer) {
    if (this.known)
      return "The server refuses this token and has given no new one yet. You are still signed in.";
    if (this.refused)
      return "The server now refuses this token. The client cannot know yet: it finds out with the next call.";
    if (this.stale || left === 0)
      return "The token has expired and cannot be renewed just now. You are still signed in.";
    return `The token expires at ${clock(this.expiresAt)}. The line marks the refresh, ${duration(buffer)} before.`;
  }
}

/** Writes only what changed, so that a selection or a screen reader is not disturbed each second. */
function set(
  /** @type {HTMLElement} */ target,
  /** @type {string} */ text,
  /** @type {string} */ strong = "",
) {
  const key = `${text}\n${strong}`;
  if (target.dataset.shown === key) return;
  target.dataset.shown = key;
  target.textContent = strong ? `${text} ` : text;
  if (strong) {
    const number = document.createElement("strong");
    number.textContent = strong;
    target.append(number);
  }
}
