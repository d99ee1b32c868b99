/**
 * Looking at the picture: it runs until it is paused, goes back in time, and every mark can be asked what it is, with
 * the pointer or with the arrow keys. What a mark says is text beside the picture, for eyes and for screen readers.
 *
 * @typedef {import("./record.js").Mark} Mark
 */
import { Picture } from "./picture.js";
import { foremost } from "./places.js";
import { now } from "./record.js";
import { clock } from "./words.js";

/** How long between two looks, in milliseconds: as a line needs to glide; and where nobody sees it, or wants no motion. */
const LOOKS = { usual: 1000 / 12, calm: 1000 };
/** The right part of the window is the future: there tokens expire. */
const FUTURE = 0.18;
/** How far from its middle a mark is hit, in pixels. */
const REACH = 14;

export class Viewer {
  /**
   * @param {{ box: HTMLElement, svg: SVGSVGElement, detail: HTMLElement, pause: HTMLButtonElement, span: HTMLSelectElement, earlier: HTMLButtonElement, later: HTMLButtonElement }} parts
   * @param {import("./record.js").Record} record
   */
  constructor(parts, record) {
    this.parts = parts;
    this.record = record;
    this.picture = new Picture(parts.svg);
    this.compare = false;
    /** The moment that is looked at; null while it runs. @type {number | null} */
    this.stopped = null;
    /** When it was paused: what came after is not drawn. */
    this.frozen = 0;
    /** @type {number | null} */
    this.chosen = null;
    /** Whether any of it is on the screen. */
    this.seen = true;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    /** The next look. @type {{ timer: ReturnType<typeof setTimeout>, at: number } | null} */
    this.next = null;

    parts.pause.addEventListener("click", () =>
      this.stopped === null ? this.pause() : this.run(),
    );
    parts.earlier.addEventListener("click", () => this.step(-1));
    parts.later.addEventListener("click", () => this.step(1));
    parts.span.addEventListener("change", () => this.draw());
    parts.box.addEventListener("keydown", (event) => this.#key(event));
    parts.svg.addEventListener("pointerdown", (event) => this.#point(event));
    new ResizeObserver(() => this.draw()).observe(parts.box);
    new IntersectionObserver((entries) => {
      this.seen = entries.some(({ isIntersecting }) => isIntersecting);
      this.#look();
    }).observe(parts.box);
    document.addEventListener("visibilitychange", () => this.#look());
    // What happens is drawn soon, and what happens together at once.
    record.changed = () => this.#lookIn(LOOKS.usual);
  }

  /** How much time the window shows, in milliseconds. */
  get span() {
    return Number(this.parts.span.value) * 1000;
  }

  pause(at = now()) {
    this.stopped = at;
    this.frozen = now();
    this.#told();
  }

  run() {
    this.stopped = this.chosen = null;
    this.#told();
    this.#say(null);
  }

  /** Goes to the next mark, or the one before. @param {1 | -1} direction */
  step(direction) {
    const shown = this.record.marks.filter(({ lane }) => this.compare || lane.startsWith("ours"));
    const here = shown.findIndex(({ id }) => id === this.chosen);
    const next = here < 0 ? shown.at(-1) : shown[here + direction];
    if (next) this.choose(next);
  }

  /** @param {Mark} mark @param {Mark[]} [there] all that stand in its place */
  choose(mark, there = [mark]) {
    this.chosen = mark.id;
    const { from, to } = this.#window();
    const margin = this.span / 10;
    const seen = mark.at > from + margin && mark.at < to - margin;
    this.pause(
      seen && this.stopped !== null ? this.stopped : seen ? now() : mark.at + this.span / 4,
    );
    this.#say(mark, there);
  }

  draw() {
    const width = this.parts.box.clientWidth;
    if (!width) return;
    const { compare, chosen } = this;
    this.picture.draw(this.record, { width, span: this.#span(), compare, chosen });
  }

  #window() {
    const end = (this.stopped ?? now()) + this.span * FUTURE;
    return { from: end - this.span, to: end };
  }

  #span() {
    return { ...this.#window(), now: this.stopped === null ? now() : this.frozen };
  }

  /** Shows how it stands, and looks again as long as it runs and is to be seen. */
  #look() {
    clearTimeout(this.next?.timer);
    this.next = null;
    if (document.hidden || this.stopped !== null) return;
    if (!this.picture.goOn(this.record, this.#span())) this.draw();
    // A window of minutes moves by less than a pixel in that time.
    const pixel = this.span / Math.max(1, this.parts.box.clientWidth);
    this.#lookIn(this.seen && !this.calm.matches ? Math.max(LOOKS.usual, pixel) : LOOKS.calm);
  }

  /** Looks after so many milliseconds, or earlier if it would anyway. @param {number} ms */
  #lookIn(ms) {
    if (document.hidden || this.stopped !== null) return;
    const at = now() + ms;
    if (this.next && this.next.at <= at) return;
    clearTimeout(this.next?.timer);
    this.next = { timer: setTimeout(() => this.#look(), ms), at };
  }

  #told() {
    const { pause } = this.parts;
    pause.textContent = this.stopped === null ? "Pause" : "Go on";
    this.draw();
    this.#look();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.parts.box) return;
    if (event.key === "ArrowLeft") this.step(-1);
    else if (event.key === "ArrowRight") this.step(1);
    else if (event.key === " ") this.stopped === null ? this.pause() : this.run();
    else if (event.key === "Escape") this.run();
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const { left, top } = this.parts.svg.getBoundingClientRect();
    const marks = this.picture.at(event.clientX - left, event.clientY - top, REACH);
    if (marks.length) this.choose(foremost(marks), marks);
  }

  /** @param {Mark | null} mark @param {Mark[]} [there] */
  #say(mark, there = []) {
    const { detail } = this.parts;
    if (!mark) {
      detail.replaceChildren(
        "Choose a mark, or go from mark to mark with ← and →, to read what happened and why.",
      );
      return;
    }
    const lane = this.record.lanes.get(mark.lane);
    const whose = lane?.client === "naive" ? "naive client, " : "";
    const where = `${whose}${lane?.name ?? ""}, ${clock(this.record.wall(mark.at))}`;
    const what = document.createElement("strong");
    const same = there.filter(({ type }) => type === mark.type).length;
    what.textContent = same > 1 && mark.many ? mark.many(same) : mark.what;
    const others = new Set(there.filter(({ type }) => type !== mark.type).map(({ what }) => what));
    const beside = others.size ? ` In the same place: ${[...others].join(", ")}.` : "";
    const place = document.createElement("span");
    place.className = "small";
    place.textContent = where;
    detail.replaceChildren(what, " ", place, document.createElement("br"), mark.why + beside);
  }
}
