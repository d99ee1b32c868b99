/**
 * The two clients beside each other, under the same calls and the same faults. Every figure but the last is the
 * server's own; the last is what the clients told.
 *
 * @typedef {import("./watch.js").Reading} Reading
 * @typedef {Reading & { thrownOut: number }} Standing
 */

/** @type {{ [name: string]: { label: string, read: (s: Standing) => number, bad: boolean } }} */
const ROWS = {
  served: { label: "Calls served", read: (s) => s.counters.resource.ok, bad: false },
  refreshes: { label: "Refreshes asked for", read: asked, bad: false },
  again: { label: "The same cookie sent again", read: (s) => s.presentedAgain, bad: false },
  alarms: { label: "Alarms: a spent cookie", read: (s) => s.counters.reuse, bad: true },
  ended: { label: "Sessions ended by an alarm", read: ended, bad: true },
  passwords: { label: "Sign-ins with a password", read: (s) => s.counters.login.ok, bad: false },
  thrownOut: { label: "Sign-outs nobody asked for", read: (s) => s.thrownOut, bad: true },
};

/** @param {Standing} s */
function asked({ counters: { refresh } }) {
  return refresh.ok + refresh.replayed + refresh.superseded + refresh.denied + refresh.limited;
}

/** @param {Standing} s */
function ended({ families }) {
  return families.filter(({ reason }) => reason === "reuse").length;
}

/** @param {Standing} standing @returns {{ [name: string]: number }} */
export const figures = (standing) =>
  Object.fromEntries(Object.entries(ROWS).map(([name, { read }]) => [name, read(standing)]));

export class Compared {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    /** @type {{ ours: { [name: string]: number }, naive: { [name: string]: number } } | null} */
    this.base = null;
    const body = table.createTBody();
    this.rows = Object.entries(ROWS).map(([name, { label, bad }]) => {
      const row = body.insertRow();
      row.dataset.figure = name;
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = label;
      row.append(head);
      return { name, bad, ours: row.insertCell(), naive: row.insertCell() };
    });
  }

  /** From here on it counts anew. @param {Standing} ours @param {Standing} naive */
  begin(ours, naive) {
    this.base = { ours: figures(ours), naive: figures(naive) };
    this.show(ours, naive);
  }

  /** What was added since. @param {Standing} ours @param {Standing} naive */
  since(ours, naive) {
    return {
      ours: minus(figures(ours), this.base?.ours),
      naive: minus(figures(naive), this.base?.naive),
    };
  }

  /** @param {Standing} ours @param {Standing} naive */
  show(ours, naive) {
    const added = this.since(ours, naive);
    for (const row of this.rows) {
      for (const client of /** @type {const} */ (["ours", "naive"])) {
        const text = String(added[client][row.name]);
        if (row[client].textContent !== text) row[client].textContent = text;
        row[client].className = row.bad && text !== "0" ? "bad" : "";
      }
    }
  }
}

/** @param {{ [name: string]: number }} now @param {{ [name: string]: number }} [base] */
const minus = (now, base) =>
  Object.fromEntries(Object.entries(now).map(([name, n]) => [name, n - (base?.[name] ?? 0)]));
