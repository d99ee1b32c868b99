/**
 * The demo page: the tabs and their clients, what both sides have to say, and the buttons. This file joins the parts;
 * each of them is a file of its own.
 *
 * @typedef {import("./mock.js").Counters} Counters
 * @typedef {import("./tab.js").Client} Client
 */
import { setAhead } from "./clock.js";
import { App } from "./app.js";
import { Backend } from "./backend.js";
import { Compared } from "./compared.js";
import { CounterTable, difference } from "./counters.js";
import { layOut } from "./layout.js";
import { Mock } from "./mock.js";
import { $, on, unavailable } from "./page.js";
import { Player } from "./player.js";
import { Record } from "./record.js";
import { MOST, Tabs } from "./tabs.js";
import { telling } from "./telling.js";
import { Timeline } from "./timeline.js";
import { Viewer } from "./viewer.js";
import { Watch } from "./watch.js";
import * as words from "./words.js";
import { PASSWORD, USER, World } from "./world.js";

// The server's time may have been let pass before this page was loaded; it is as late here.
const ahead = await new Mock("").clock().then(
  ({ offset }) => offset * 1000,
  () => 0,
);
setAhead(ahead);

layOut();

const record = new Record(ahead);
const timeline = new Timeline(/** @type {HTMLOListElement} */ ($("#timeline")));
const table = new CounterTable(/** @type {HTMLTableElement} */ ($("#counters")));
const compared = new Compared(/** @type {HTMLTableElement} */ ($("#compared")));
/** Sign-outs that nobody asked for, as the clients tell it. */
const thrownOut = { ours: 0, naive: 0 };

// ── What is told ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** @param {import("./record.js").Mark} mark */
function list(mark) {
  const lane = record.lanes.get(mark.lane);
  if (lane?.client === "naive" && !world.comparing) return;
  const where = lane?.client === "naive" ? `Naive, ${lane.name}` : (lane?.name ?? "");
  timeline.add(mark.type, where, record.wall(mark.at), mark);
}

const tell = telling(record, list);

/** @type {App | null} */
let app = null;

const tabs = new Tabs($("#frames"), (number, client, report) => {
  lanesFor(number);
  if (report.kind === "event") {
    const { event } = report;
    if (event.type === "signed-out" && isThrownOut(event)) thrownOut[client] += 1;
    if (number === 1 && client === "ours") app?.told(/** @type {any} */ (event));
  }
  tell(number, client, report);
  if (report.kind === "answered") soon();
});

/** @param {any} event */
const isThrownOut = ({ reason, asked }) =>
  reason === undefined ? !asked : reason !== "logout" && reason !== "never";

const world = new World(tabs, record, (what, why = "") => {
  record.moment(`${what} ${why}`.trim());
  note("you", { icon: "you", tone: "you", what, why });
});

const watches = {
  ours: new Watch(world.mocks.ours, "ours", record, list),
  naive: new Watch(world.mocks.naive, "naive", record, list),
};

for (const client of /** @type {const} */ (["ours", "naive"])) record.addLane(client, "server");

const viewer = new Viewer(
  {
    box: $("#picture"),
    svg: /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.querySelector("#lanes"))),
    detail: $("#detail"),
    pause: /** @type {HTMLButtonElement} */ ($("#pause")),
    span: /** @type {HTMLSelectElement} */ ($("#span")),
    earlier: /** @type {HTMLButtonElement} */ ($("#earlier")),
    later: /** @type {HTMLButtonElement} */ ($("#later")),
  },
  record,
);
viewer.run();
tabs.begin();

/** @param {string} type @param {words.Words} what */
function note(type, what) {
  timeline.add(type, "", Date.now(), what);
}

// ── What is done ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What an action has to wait for: breaking things is over in a moment, and what comes next should meet it. */
let breaking = Promise.resolve();

/** The picture of a story stays to be looked at, until something else is done. */
let held = false;

/**
 * Runs an action: notes it, counts anew, and says what went wrong beside it.
 *
 * @param {string} name @param {HTMLElement} place @param {() => Promise<void>} action
 */
async function act(name, place, action) {
  const before = breaking;
  let over = () => {};
  // From the click on: whoever is quick clicks again before it has begun.
  if (place === backend.place) breaking = new Promise((resolve) => (over = resolve));
  try {
    await before;
    if (held) viewer.run();
    held = false;
    app?.clear();
    backend.say("");
    await read();
    table.mark();
    world.note(name);
    await action();
  } catch (error) {
    const { what, hint } = words.problem(error);
    if (place === backend.place) backend.say(`${what} ${hint}`);
    else app?.showProblem(error, place);
    note("problem", { icon: "bad", tone: "bad", what, why: hint });
  } finally {
    over();
    void read();
  }
}

app = new App(world, act, async () => {
  const before = (await read())?.ours.counters;
  return async () => {
    const after = (await read())?.ours.counters;
    return before && after ? difference(before, after) : null;
  };
});
const backend = new Backend(world, act);

on("#naive-in", () =>
  act("Sign the naive client in again", $(".compared"), () =>
    tabs.signNaiveIn({ email: USER, password: PASSWORD }),
  ),
);
const sharing = /** @type {HTMLInputElement} */ ($("#sharing"));
sharing.addEventListener("change", () =>
  act(sharing.checked ? "The better naive client" : "The plain naive client", $(".compared"), () =>
    world.share(sharing.checked),
  ),
);
on("#more-tabs", () => setTabs(tabs.open.length + 1));
on("#fewer-tabs", () => setTabs(tabs.open.length - 1));

/** @param {number} wanted */
function setTabs(wanted) {
  return act(wanted > tabs.open.length ? "Open a tab" : "Close a tab", $(".many"), () =>
    world.setTabs(wanted),
  );
}

const compare = /** @type {HTMLInputElement} */ ($("#compare"));
compare.addEventListener("change", () =>
  act(compare.checked ? "A naive client beside it" : "No naive client", $(".many"), async () => {
    await world.compare(compare.checked);
    // What was before, only one of them has seen.
    await begin("they stand beside each other");
  }),
);

world.changed = () => {
  const open = tabs.open.length;
  $("#tab-count").textContent = String(open);
  unavailable($("#more-tabs"), open >= MOST);
  unavailable($("#fewer-tabs"), open < 2);
  compare.checked = world.comparing;
  $(".compared").hidden = !world.comparing;
  viewer.compare = world.comparing;
  viewer.draw();
  backend.update();
};
world.auth.subscribe(() => backend.update());

/** Where a tab's number is new, or that of one that was closed. @param {number} tab */
function lanesFor(tab) {
  for (const client of /** @type {const} */ (["ours", "naive"])) {
    if (!record.lanes.get(`${client}-${tab}`)?.open) record.addLane(client, tab);
  }
}

new Player(world, {
  async begin() {
    viewer.run();
    await begin("this story began");
  },
  async outcome() {
    await read();
    const now = standings();
    if (!now) throw new Error("The server does not answer.");
    const { ours, naive } = compared.since(now.ours, now.naive);
    return {
      ours,
      naive,
      oursIn: world.signedIn,
      reason: "reason" in world.auth.session ? world.auth.session.reason : "",
      naiveIn: world.naiveIn,
      naiveAlive: now.naive.families.some(({ status }) => status === "alive"),
    };
  },
  end() {
    viewer.pause();
    held = true;
  },
});

// ── What the servers say ─────────────────────────────────────────────────────────────────────────────────────────────

/** Both, as they stand; the table of counters is our client's. Where the naive one is not shown, it does nothing. */
async function read() {
  try {
    const known = world.comparing ? null : watches.naive.latest;
    const [ours, naive] = await Promise.all([watches.ours.read(), known ?? watches.naive.read()]);
    table.show(ours.counters);
    backend.show(ours.families, world.comparing ? naive.families : null);
    const now = standings();
    if (now && !compared.base) compared.begin(now.ours, now.naive);
    if (now) compared.show(now.ours, now.naive);
    $("#counters-note").textContent = "";
    return { ours, naive };
  } catch (error) {
    const { what, hint } = words.problem(error);
    $("#counters-note").textContent = `${what} ${hint}`;
    return null;
  }
}

/** Both count from nothing. @param {string} since */
async function begin(since) {
  await read();
  const now = standings();
  if (now) compared.begin(now.ours, now.naive);
  $("#compared-since").textContent = `, since ${since}`;
}

function standings() {
  const [ours, naive] = [watches.ours.latest, watches.naive.latest];
  if (!ours || !naive) return null;
  return {
    ours: { ...ours, thrownOut: thrownOut.ours },
    naive: { ...naive, thrownOut: thrownOut.naive },
  };
}

/** Answers come in crowds; one look at the server is enough for a crowd. */
let asked = false;
function soon() {
  if (asked) return;
  asked = true;
  setTimeout(() => {
    asked = false;
    void read();
  }, 60);
}

async function watch() {
  if (!document.hidden) await read();
  setTimeout(watch, 1_000);
}

void watch();
world.changed();
