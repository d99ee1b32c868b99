/**
 * The server's counters as a table: what the last action added, and the total.
 *
 * @typedef {import("./mock.js").Counters} Counters
 */

/** @type {[string, [string, (c: Counters) => number, ("bad" | "rare")?][]][]} */
const GROUPS = [
  [
    "Calls",
    [
      ["answered 200", (c) => c.resource.ok],
      ["refused, 401", (c) => c.resource.unauthorized],
      ["not allowed, 403", (c) => c.resource.forbidden, "rare"],
    ],
  ],
  [
    "Refreshes",
    [
      ["new token given", (c) => c.refresh.ok],
      ["same answer again", (c) => c.refresh.replayed, "rare"],
      ["too late, harmless", (c) => c.refresh.superseded, "rare"],
      ["refused", (c) => c.refresh.denied],
      ["slowed down", (c) => c.refresh.limited, "rare"],
      ["cookies rotated", (c) => c.rotations],
      ["old cookie reused", (c) => c.reuse, "bad"],
    ],
  ],
  [
    "Sessions",
    [
      ["signed in", (c) => c.login.ok],
      ["sign-in refused", (c) => c.login.denied],
      ["signed out", (c) => c.logout],
    ],
  ],
];

export class CounterTable {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    /** @type {Counters | null} */
    this.latest = null;
    /** @type {Counters | null} */
    this.base = null;
    /** @type {{ read: (c: Counters) => number, tone: string, row: HTMLTableRowElement, added: HTMLElement, total: HTMLElement }[]} */
    this.rows = [];
    for (const [name, counters] of GROUPS) {
      const body = table.createTBody();
      body.insertRow().append(header(name, "rowgroup", 3));
      for (const [label, read, tone = ""] of counters) {
        const row = body.insertRow();
        row.append(header(label, "row"));
        const [added, total] = [row.insertCell(), row.insertCell()];
        total.textContent = "–";
        this.rows.push({ read, tone, row, added, total });
      }
    }
  }

  /** From here on "last action" counts anew. */
  mark() {
    this.base = this.latest;
    this.#draw();
  }

  /** @param {Counters} counters */
  show(counters) {
    // A server that was started again counts from nothing.
    if (
      this.base &&
      this.rows.some(({ read }) => read(counters) < read(/** @type {Counters} */ (this.base)))
    )
      this.base = null;
    this.latest = counters;
    this.base ??= counters;
    this.#draw();
  }

  #draw() {
    const { latest, base } = this;
    if (!latest || !base) return;
    for (const { read, tone, row, added, total } of this.rows) {
      const [now, more] = [read(latest), read(latest) - read(base)];
      put(total, String(now));
      put(added, more ? `+${more}` : "");
      row.className = `${more ? "new" : now ? "" : "zero"} ${tone}`;
    }
  }
}

/** @param {HTMLElement} cell @param {string} text */
function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

/** @param {string} text @param {"row" | "rowgroup"} scope @param {number} [span] */
function header(text, scope, span = 1) {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.colSpan = span;
  cell.textContent = text;
  return cell;
}

/**
 * What was added between two readings.
 *
 * @param {Counters} before
 * @param {Counters} after
 * @returns {Counters}
 */
export function difference(before, after) {
  /** @param {any} a @param {any} b @returns {any} */
  const minus = (a, b) =>
    typeof a === "number"
      ? a - b
      : Object.fromEntries(Object.keys(a).map((key) => [key, minus(a[key], b[key])]));
  return minus(after, before);
}
