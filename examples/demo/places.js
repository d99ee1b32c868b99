/**
 * Where the marks of a lane stand: at their time, aside if another stands there, in one place with those that say the
 * same. Nothing here touches the page.
 *
 * @typedef {import("./record.js").Mark} Mark
 * @typedef {{ x: number, at: number, y: number, marks: Mark[] }} Spot marks that stand in one place; `at`: where their time is
 */

export const RADIUS = 9;
/** Marks nearer than this stand beside each other, or in one place if they say the same. */
const NEAR = 2 * RADIUS + 2;
/** A mark goes at most so far aside from its time; what is beyond shares the last place. */
export const ASIDE = 5 * NEAR;
/** What the number beside marks in one place takes. */
const NUMBER = 24;

/**
 * @param {Mark[]} marks in the order of their times @param {(at: number) => number} x
 * @param {(lane: string) => number | null} top where a lane begins, if it is shown
 */
export function places(marks, x, top) {
  /** @type {Map<string, Spot>} */
  const lasts = new Map();
  /** @type {Spot[]} */
  const spots = [];
  for (const mark of marks) {
    const y = top(mark.lane);
    if (y === null) continue;
    const last = lasts.get(mark.lane);
    const free = last ? last.x + NEAR + (last.marks.length > 1 ? NUMBER : 0) : -Infinity;
    const wanted = x(mark.at);
    if (last && wanted < free && (last.marks[0].type === mark.type || free - wanted > ASIDE)) {
      last.marks.push(mark);
      continue;
    }
    const spot = { x: Math.max(wanted, free), at: wanted, y: y + 17, marks: [mark] };
    lasts.set(mark.lane, spot);
    spots.push(spot);
  }
  return spots;
}

/** Of those in one place the one that is seen: what went wrong before the rest. @param {Mark[]} marks */
export const foremost = (marks) => marks.find(({ tone }) => tone === "bad") ?? marks[0];
