/**
 * The demo page: one client, a few buttons, and what both sides have to say about it. The client is used as any app
 * would use it; everything else here is for looking at it.
 *
 * @typedef {import("evertoken").Session} Session
 * @typedef {import("./mock.js").Counters} Counters
 */
import { createAuthClient } from "./evertoken/index.js";
import { Countdown } from "./countdown.js";
import { CounterTable, difference } from "./counters.js";
import * as mock from "./mock.js";
import { Timeline } from "./timeline.js";
import * as words from "./words.js";

const PASSWORD = "password";

/** The browser lines up calls to one address, to answer the later ones from its cache; here they shall all go out. */
const AT_ONCE = { cache: /** @type {const} */ ("no-store") };

const page = {
  session: $("article.session"),
  who: $("#who"),
  status: $("#status"),
  form: /** @type {HTMLFormElement} */ ($("#sign-in-form")),
  email: /** @type {HTMLInputElement} */ ($("#email")),
  password: /** @type {HTMLInputElement} */ ($("#password")),
  token: $("#token"),
  dots: $(".dots"),
  result: $("#result"),
  outcome: $(".outcome"),
  problem: $("#problem"),
  breakNote: $("#break-note"),
  countersNote: $("#counters-note"),
  failNext: $("#fail-next"),
};

const timeline = new Timeline(/** @type {HTMLOListElement} */ ($("#timeline")));
const table = new CounterTable(/** @type {HTMLTableElement} */ ($("#counters")));
const countdown = new Countdown({ text: $("#countdown"), bar: $(".bar"), note: $("#expiry") });

/** The next refresh has been told to fail, and has not come yet. */
let armed = false;
/** A problem is on the page that a later refresh would solve. */
let recoverable = false;

// ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────────

const auth = createAuthClient({
  onEvent(event) {
    timeline.add(event.type, event.at, words.describe(event));
    countdown.event(event);
    if (event.type === "refreshed" || event.type === "refresh-failed") arm(false);
    if (event.type === "refreshed" && recoverable) {
      hideProblem();
      say("The client has got a new token by itself in the meantime. Make the call again.");
    }
  },
});
auth.subscribe(render);
render(auth.session);
auth.ready.catch((error) => showProblem(error, page.session));

/** @param {Session} session */
function render(session) {
  countdown.session(session);
  if (page.session.dataset.status === "restoring") hideProblem();
  page.session.dataset.status = session.status;
  switch (session.status) {
    case "restoring":
      page.who.textContent = "One moment…";
      page.status.textContent = "Looking for a session from last time.";
      if (session.error) showProblem(session.error, page.session);
      break;
    case "signed-out":
      page.who.textContent = "Nobody is signed in";
      page.status.textContent = words.whySignedOut[session.reason] ?? "";
      break;
    case "signing-in":
      page.who.textContent = "Signing in…";
      page.status.textContent = "";
      break;
    case "signed-in": {
      const { email, role } = session.user ?? {};
      // A narrow screen breaks the line before the @.
      if (email) page.who.replaceChildren(...email.split(/(?=@)/).flatMap(breakBefore));
      else page.who.textContent = "Signed in";
      page.status.textContent = role ? `Signed in, role ${role}` : "Signed in";
      break;
    }
    case "signing-out":
      page.who.textContent = "Signing out…";
      page.status.textContent = "";
      break;
  }
  // The form stays while signing in, so that the focus does.
  const signedIn = session.status === "signed-in" || session.status === "signing-out";
  swap(page.token, signedIn);
  swap($("#sign-out"), signedIn);
  swap(page.form, session.status === "signed-out" || session.status === "signing-in");
  unavailable($("#expire"), session.status !== "signed-in");
  explainBreaking();
}

// ── What the buttons do ──────────────────────────────────────────────────────────────────────────────────────────────

page.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (auth.session.status === "signing-in") return;
  const [email, password] = [page.email.value, page.password.value];
  void act(`Sign in as ${email}`, page.form, async () => {
    await auth.login({ email, password });
    page.form.reset();
    say("You are in. Make a call, or expire the token first.");
  });
});

for (const button of page.form.querySelectorAll("button[data-account]")) {
  button.addEventListener("click", () => {
    page.email.value = /** @type {HTMLElement} */ (button).dataset.account ?? "";
    page.password.value = PASSWORD;
    page.form.requestSubmit();
  });
}

on("#one-call", "One call", () => call(1));
on("#twenty-calls", "Twenty calls at once", () => call(20));

on("#expire", "Expire the token now", async () => {
  await mock.expireAccessTokens();
  if (auth.session.status === "signed-in") countdown.refuse();
  say("Done. Now make a call, or twenty: the server will refuse the old token.");
});

on("#fail-next", "Make the next refresh fail", async () => {
  await mock.failNextRefresh();
  arm(true);
  say("Armed. To see it, expire the token and make a call.");
});

on("#sign-out", "Sign out", async () => {
  await auth.logout();
  say("Signed out. The server has forgotten the session.");
});

/** @param {number} sent */
async function call(sent) {
  const before = table.latest;
  const dots = Array.from({ length: sent }, () => document.createElement("i"));
  page.dots.replaceChildren(...dots);
  say(sent === 1 ? "Calling…" : `Making ${sent} calls…`);

  const answers = await Promise.allSettled(
    dots.map(async (dot) => {
      try {
        const { status } = await auth.fetch("/auth/me", AT_ONCE);
        dot.className = status === 200 ? "good" : "bad";
        return status;
      } catch (error) {
        dot.className = "bad";
        throw error;
      }
    }),
  );
  const after = await readCounters();
  // Other calls were started meanwhile; the page speaks of those.
  if (dots[0].parentElement === null) return;

  const statuses = answers.flatMap((answer) =>
    answer.status === "fulfilled" ? [answer.value] : [],
  );
  const saw = before && after && difference(before, after);
  const { what, why } = words.summary({ sent, statuses, saw });
  say(`${what}. ${why}`.trim());
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed) throw failed.reason;
  const fine = statuses.every((status) => status === 200);
  note("outcome", { icon: fine ? "good" : "bad", tone: fine ? "good" : "bad", what, why });
}

/** What an action has to wait for: breaking things is over in a moment, and what comes next should meet it. */
let breaking = Promise.resolve();

/**
 * Runs an action: notes it in the timeline, counts anew, and says what went wrong beside it.
 *
 * @param {string} name
 * @param {HTMLElement} place
 * @param {() => Promise<void>} action
 */
async function act(name, place, action) {
  await breaking;
  hideProblem();
  say("");
  page.dots.replaceChildren();
  await readCounters();
  table.mark();
  note("you", { icon: "you", tone: "you", what: name, why: "" });
  try {
    await action();
  } catch (error) {
    showProblem(error, place);
    const { what, hint } = words.problem(error);
    note("problem", { icon: "bad", tone: "bad", what, why: hint });
  } finally {
    void readCounters();
  }
}

/** @param {string} selector @param {string} name @param {() => Promise<void>} action */
function on(selector, name, action) {
  const button = $(selector);
  const place = page.session.contains(button) ? page.session : page.outcome;
  button.addEventListener("click", () => {
    // aria-disabled keeps the focus and lets the reason be read; the reason stands beside the button.
    if (button.getAttribute("aria-disabled") === "true") return;
    const done = act(name, place, action);
    if (button.matches(".break")) breaking = done;
  });
}

// ── What the page says ───────────────────────────────────────────────────────────────────────────────────────────────

/** @param {string} type @param {words.Words} what */
function note(type, what) {
  timeline.add(type, Date.now(), what);
}

/** @param {string} text */
function say(text) {
  page.result.textContent = text;
}

/** Puts the one place for problems next to what caused this one. @param {unknown} error @param {HTMLElement} place */
function showProblem(error, place) {
  if (page.problem.parentElement !== place) place.append(page.problem);
  const { what, hint } = words.problem(error);
  const title = document.createElement("strong");
  title.textContent = what;
  page.problem.replaceChildren(title, hint && ` ${hint}`);
  if (place === page.outcome) recoverable = Boolean(/** @type {any} */ (error)?.retryable);
  else say("");
}

function hideProblem() {
  page.problem.replaceChildren();
  recoverable = false;
}

/** @param {boolean} on */
function arm(on) {
  armed = on;
  page.failNext.classList.toggle("armed", on);
  explainBreaking();
}

function explainBreaking() {
  page.breakNote.textContent = [
    $("#expire").getAttribute("aria-disabled") === "true" && "Nothing to expire: sign in first.",
    armed && "The next refresh will be answered 503, “not just now”.",
  ]
    .filter(Boolean)
    .join(" ");
}

/** @param {string} part @param {number} index */
const breakBefore = (part, index) => (index ? [document.createElement("wbr"), part] : [part]);

/** @param {HTMLElement} button @param {boolean} yes */
function unavailable(button, yes) {
  if (yes) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

/** Shows or hides a part; the focus, if it was in there, goes to the headline. @param {HTMLElement} part @param {boolean} show */
function swap(part, show) {
  if (!show && part.contains(document.activeElement)) page.who.focus();
  part.hidden = !show;
}

// ── What happens by itself ───────────────────────────────────────────────────────────────────────────────────────────

/** @returns {Promise<Counters | null>} */
async function readCounters() {
  try {
    const counters = await mock.counters();
    table.show(counters);
    page.countersNote.textContent = "";
    return counters;
  } catch (error) {
    const { what, hint } = words.problem(error);
    page.countersNote.textContent = `${what} ${hint}`;
    return null;
  }
}

async function watch() {
  if (!document.hidden) await readCounters();
  setTimeout(watch, 1_000);
}

void watch();
setInterval(() => document.hidden || countdown.draw(), 250);
document.addEventListener("visibilitychange", () => document.hidden || countdown.draw());

/** @param {string} selector @returns {HTMLElement} */
function $(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}
