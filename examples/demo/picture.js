/**
 * The timeline as a picture: a lane for each tab and one for the server, time from left to right. What the record says
 * is drawn once, some way beyond both edges of the window; from then on only the drawing as a whole moves, and what
 * still grows, until there is something new.
 *
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./record.js").Lane} Lane
 * @typedef {import("./record.js").Mark} Mark
 * @typedef {import("./places.js").Spot} Spot
 * @typedef {{ from: number, to: number, now: number }} Span
 * @typedef {{ width: number, span: Span, compare: boolean, chosen: number | null }} View
 */
import { ASIDE, foremost, places, RADIUS } from "./places.js";
import { change, node, say, Sheet } from "./sheet.js";
import { clock, duration } from "./words.js";

const LANE = 52;
const GAP = 4;
const TITLE = 24;
const AXIS = 22;
/** What the name of a tick takes. */
const NAME = 56;
/** So much of the window is drawn beyond each edge, that it need not be drawn anew before it has moved so far. */
const BEYOND = 0.25;
/** How far the drawing moves before it is put back, in pixels: browsers draw at places of six digits and no more. */
const FARTHEST = 50_000;

const TITLES = { ours: "evertoken", naive: "Naive client" };
const GROUND = ["groups", "lanes", "names"];
const THINGS = ["ticks", "times", "moments", "jumps", "trips", "good", "refused", "ahead"];
const ABOVE = ["waits", "cookies", "cookie-names", "leads", "marks"];

export class Picture {
  /** @param {SVGSVGElement} svg */
  constructor(svg) {
    this.svg = svg;
    // What is older than the window ends where the names begin.
    this.clip = node("rect", { y: 0 });
    this.now = node("line", { class: "now", y1: 4 });
    this.moving = node("g", {});
    const ground = node("g", {});
    svg.replaceChildren(
      node("defs", {}, node("clipPath", { id: "times" }, this.clip)),
      ground,
      node("g", { "clip-path": "url(#times)" }, this.now, this.moving),
    );
    this.ground = new Sheet(ground, GROUND);
    this.sheet = new Sheet(this.moving, [...THINGS, ...ABOVE]);
    /** @type {Map<string, number>} */
    this.tops = new Map();
    /** @type {Spot[]} */
    this.spots = [];
    /** What changes with the time alone. @type {((span: Span) => void)[]} */
    this.live = [];
    this.gutter = this.scale = this.origin = this.shift = 0;
    /** What was drawn, and how long it holds. */
    this.drawn = { version: -1, from: 0, margin: 0, until: Infinity, now: Infinity };
  }

  /** @param {Record} record @param {View} view */
  draw(record, view) {
    const { span } = view;
    const margin = (span.to - span.from) * BEYOND;
    this.#measure(view);
    this.drawn = {
      version: record.version,
      from: span.from,
      margin,
      until: Infinity,
      now: Infinity,
    };
    this.live = [];
    const y = this.#lanes(record, view);
    change(this.svg, { viewBox: `0 0 ${view.width} ${y + AXIS}`, height: String(y + AXIS) });
    change(this.clip, { x: this.gutter, width: view.width, height: y + AXIS });
    change(this.now, { y2: y });
    this.#things(record, span, margin, y);
    this.#marks(record, view, margin);
    this.ground.sweep();
    this.sheet.sweep();
    this.#move(span);
  }

  /** Time goes on: moves the drawing. Tells whether that is enough. @param {Record} record @param {Span} span */
  goOn({ version }, span) {
    const { drawn } = this;
    const holds =
      version === drawn.version &&
      Math.abs(span.from - drawn.from) < drawn.margin &&
      span.from < drawn.until &&
      span.now < drawn.now;
    if (holds) this.#move(span);
    return holds;
  }

  /** The marks that stand there. @param {number} x @param {number} y @param {number} reach */
  at(x, y, reach) {
    const near = this.spots
      .map((spot) => ({ spot, far: Math.hypot(spot.x + this.shift - x, spot.y - y) }))
      .filter(({ far }) => far <= reach)
      .sort((a, b) => a.far - b.far);
    return near[0]?.spot.marks ?? [];
  }

  /** @param {View} view */
  #measure({ width, span }) {
    this.gutter = width < 480 ? 50 : 64;
    const scale = (width - this.gutter) / (span.to - span.from);
    if (scale === this.scale && Math.abs(this.#x(span.from)) < FARTHEST) return;
    this.scale = scale;
    this.origin = span.from;
  }

  /** Where a time is in the drawing. @param {number} at */
  #x(at) {
    return (at - this.origin) * this.scale;
  }

  /** @param {Span} span */
  #move(span) {
    this.shift = this.gutter - this.#x(span.from);
    change(this.moving, { transform: `translate(${this.shift.toFixed(1)} 0)` });
    const now = this.#x(span.now) + this.shift;
    change(this.now, { x1: now, x2: now });
    for (const each of this.live) each(span);
  }

  /** The ground, and where each lane begins; gives where they end. @param {Record} record @param {View} view */
  #lanes(record, { width, span, compare }) {
    this.tops.clear();
    let y = 0;
    for (const client of /** @type {const} */ (["ours", "naive"])) {
      if (client === "naive" && !compare) continue;
      const title = { class: `group ${client}`, x: 0, y: y + 16 };
      this.ground.text("groups", client, title, TITLES[client]);
      y += TITLE;
      for (const lane of this.#shown(record, client, span)) {
        this.tops.set(lane.key, y);
        const kind = `lane ${client}${lane.server ? " server" : ""}${lane.open ? "" : " closed"}`;
        const box = { class: kind, x: 0, y, width, height: LANE, rx: 8 };
        this.ground.put("lanes", lane.key, "rect", box);
        this.ground.text("names", lane.key, { class: "name", x: 8, y: y + 21 }, lane.name);
        y += LANE + GAP;
      }
      y += 6;
    }
    return y;
  }

  /** Those that are open or have something to be seen, the server last. @param {Record} record @param {string} client @param {Span} span */
  #shown(record, client, span) {
    const lanes = [...record.lanes.values()].filter((lane) => {
      if (lane.client !== client) return false;
      if (lane.open) return true;
      const last = record.marks.findLast((mark) => mark.lane === lane.key)?.at ?? -Infinity;
      if (last < span.from) return false;
      this.drawn.until = Math.min(this.drawn.until, last);
      return true;
    });
    return lanes.sort((a, b) => Number(a.server) - Number(b.server));
  }

  /** All but the marks. @param {Record} record @param {Span} span @param {number} margin @param {number} y */
  #things(record, span, margin, y) {
    const { sheet } = this;
    const [first, last] = [span.from - margin, span.to + margin];
    // A paused picture knows nothing of what came after.
    const inside = (/** @type {number} */ from, /** @type {number} */ to) =>
      to >= first && from <= Math.min(last, span.now);
    this.#axis(record, first, last, y);
    for (const moment of record.moments) {
      const { at, what } = moment;
      if (!inside(at, at)) continue;
      const line = { class: "moment", x1: this.#x(at), x2: this.#x(at), y1: TITLE - 4, y2: y };
      sheet.put("moments", moment, "line", line, () => [node("title", {}, what)]);
    }
    for (const jump of record.jumps) {
      if (!inside(jump.at, jump.at)) continue;
      // Time that was let pass; the lane's name ends before it.
      const place = { class: "jump", x: this.#x(jump.at) + 4, y: 16 };
      sheet.text("jumps", jump, place, `+ ${duration(jump.ms)}`);
    }
    for (const trip of record.trips) {
      const [from, server] = [this.tops.get(trip.lane), this.tops.get(`${clientOf(trip)}-server`)];
      if (from === undefined || server === undefined) continue;
      if (inside(trip.from, trip.to ?? span.now))
        this.#trip(trip, from + LANE - 10, server + 2, span);
    }
    for (const bar of record.bars) {
      const top = this.tops.get(bar.lane);
      if (top === undefined || !inside(bar.from, bar.to ?? bar.expires)) continue;
      this.#life(bar, top + LANE - 13, span);
    }
    for (const wait of record.waits) {
      const top = this.tops.get(wait.lane);
      if (top === undefined || !inside(wait.from, wait.to)) continue;
      const width = Math.max(3, this.#x(wait.to) - this.#x(wait.from));
      const box = { class: "wait", x: this.#x(wait.from), y: top + 12, width, height: 6, rx: 3 };
      sheet.put("waits", wait, "rect", box);
    }
    for (const generation of record.generations) {
      const top = this.tops.get(generation.lane);
      if (top === undefined || !inside(generation.from, generation.to ?? span.now)) continue;
      this.#cookie(generation, top + LANE - 15, span);
    }
  }

  /** A request: to the server and back. @param {import("./record.js").Trip} trip @param {number} y1 @param {number} y2 @param {Span} span */
  #trip(trip, y1, y2, span) {
    const x1 = this.#x(trip.from).toFixed(1);
    const { to } = trip;
    if (to !== null && to <= span.now) {
      const back = this.#x(to).toFixed(1);
      const d = `M${x1} ${y1}L${back} ${y2}L${back} ${y1}`;
      this.sheet.put("trips", trip, "path", { class: `trip ${toneOf(trip)}`, d });
      return;
    }
    const path = this.sheet.put("trips", trip, "path", { class: "trip open" });
    this.live.push(({ now }) => {
      const far = y1 + (y2 - y1) * 0.8;
      change(path, { d: `M${x1} ${y1}L${this.#x(now).toFixed(1)} ${far.toFixed(1)}` });
    });
  }

  /**
   * A token's life: whole while it is good, open at the end where it would expire, hatched where the server refuses it.
   *
   * @param {import("./record.js").Bar} bar @param {number} y @param {Span} span
   */
  #life(bar, y, span) {
    const end = (/** @type {number} */ now) => Math.min(bar.to ?? bar.expires, now);
    const box = (/** @type {string} */ kind) =>
      this.sheet.put(kind, bar, "rect", {
        class: `life ${kind} ${clientOf(bar)}`,
        y,
        height: 9,
        rx: 3,
      });
    const put = (
      /** @type {Element} */ box,
      /** @type {number} */ from,
      /** @type {number} */ to,
    ) => change(box, { x: this.#x(from), width: Math.max(1, this.#x(to) - this.#x(from)) });

    const refusedFrom = bar.refusedFrom ?? Infinity;
    const grows = end(span.now) === span.now;
    const good = box("good");
    const refused =
      refusedFrom < end(span.now) || (grows && refusedFrom <= span.now) ? box("refused") : null;
    const ahead = grows && bar.expires > span.now ? box("ahead") : null;
    const update = (/** @type {Span} */ { now }) => {
      put(good, bar.from, Math.min(end(now), refusedFrom));
      if (refused) put(refused, refusedFrom, end(now));
      if (ahead) put(ahead, end(now), bar.expires);
    };
    update(span);
    if (!grows) return;
    this.live.push(update);
    // Then it ends, and what was ahead is gone.
    this.drawn.now = Math.min(this.drawn.now, bar.to ?? bar.expires);
  }

  /** Which cookie is good at the server. @param {import("./record.js").Generation} generation @param {number} y @param {Span} span */
  #cookie(generation, y, span) {
    const { seq } = generation;
    const kind = `cookie ${seq % 2 ? "odd" : "even"}`;
    const box = this.sheet.put("cookies", generation, "rect", {
      class: kind,
      y,
      height: 12,
      rx: 3,
    });
    const name = this.sheet.put("cookie-names", generation, "text", {
      class: "cookie-name",
      y: y + 9.5,
    });
    const update = (/** @type {Span} */ { from, to, now }) => {
      // Its name stays to be seen as long as any of it.
      const x = this.#x(Math.max(from, generation.from));
      const end = Math.min(generation.to ?? Infinity, now, to);
      const width = Math.max(1, this.#x(end) - x - 1);
      change(box, { x, width });
      change(name, { x: x + 4 });
      say(name, width > 62 ? `cookie ${seq}` : width > 16 ? String(seq) : "");
    };
    update(span);
    this.live.push(update);
  }

  /** Ticks with the time of day. @param {Record} record @param {number} first @param {number} last @param {number} y */
  #axis(record, first, last, y) {
    const step = STEPS.find((each) => each * this.scale >= 84) ?? 300_000;
    const jumps = record.jumps.map(({ at }) => at).filter((at) => at > first && at < last);
    const edges = [first, ...jumps, last];
    let free = -Infinity;
    for (const [place, from] of edges.slice(0, -1).entries()) {
      // Where time was let pass, the round times are others from there on.
      for (let at = from + step - (record.wall(from) % step); at < edges[place + 1]; at += step) {
        const x = this.#x(at);
        if (x < free) continue;
        free = x + NAME;
        const key = Math.round(at);
        this.sheet.put("ticks", key, "line", { class: "tick", x1: x, x2: x, y1: TITLE, y2: y });
        const name = this.sheet.put("times", key, "text", { class: "time", x, y: y + 14 });
        say(name, `${clock(record.wall(at))}${step < 1_000 ? tenths(record.wall(at)) : ""}`);
        // A name that would begin left of the lanes is not cut in two.
        this.live.push((span) =>
          change(name, { display: x - this.#x(span.from) < NAME / 2 - 2 ? "none" : "inline" }),
        );
      }
    }
  }

  /** @param {Record} record @param {View} view @param {number} margin */
  #marks(record, { span, chosen }, margin) {
    const known = record.marks.filter(({ at }) => at <= span.now);
    const spots = places(
      known,
      (at) => this.#x(at),
      (lane) => this.tops.get(lane) ?? null,
    );
    const [first, last] = [this.#x(span.from - margin) - ASIDE, this.#x(span.to + margin)];
    this.spots = spots.filter(({ x }) => x >= first && x <= last);
    for (const spot of this.spots) this.#spot(spot, chosen);
  }

  /** @param {Spot} spot @param {number | null} chosen */
  #spot({ x, at, y, marks }, chosen) {
    const mark = foremost(marks);
    if (x - at > 1) {
      const d = `M${at.toFixed(1)} ${y + RADIUS + 4}L${x.toFixed(1)} ${y}`;
      this.sheet.put("leads", mark.id, "path", { class: `lead ${mark.tone}`, d });
    }
    const isChosen = marks.some(({ id }) => id === chosen);
    const place = {
      class: `mark ${mark.tone}${isChosen ? " chosen" : ""}`,
      "data-types": marks.map(({ type }) => type).join(" "),
      "data-lane": mark.lane,
      transform: `translate(${x.toFixed(1)} ${y})`,
    };
    const key = `${mark.id} ${marks.length} ${isChosen}`;
    this.sheet.put("marks", key, "g", place, () => {
      const [size, many] = [14, `×${marks.length}`];
      const half = -size / 2;
      const box = { x: half, y: half, width: size, height: size };
      const parts = [
        node("circle", { r: RADIUS }),
        node("use", { href: `#icon-${mark.icon}`, ...box }),
      ];
      if (isChosen) parts.unshift(node("circle", { class: "ring", r: RADIUS + 4 }));
      if (marks.length > 1) parts.push(node("text", { class: "many", x: RADIUS + 3, y: 4 }, many));
      return parts;
    });
  }
}

/** How far ticks may be from each other, in milliseconds. */
const STEPS = [500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000];

/** @param {number} at */
const tenths = (at) => `.${Math.floor((at % 1_000) / 100)}`;

/** @param {{ lane: string }} thing */
const clientOf = ({ lane }) => lane.split("-")[0];

/** @param {import("./record.js").Trip} trip */
function toneOf({ status }) {
  if (status === null || status >= 500) return "bad";
  return status < 400 ? "good" : "no";
}
