/**
 * The app: signing in and out, making calls, and what came of them. The client is used as any app would use it.
 *
 * @typedef {import("evertoken").Session} Session
 * @typedef {import("./world.js").World} World
 */
import { Countdown } from "./countdown.js";
import { $, on, unavailable } from "./page.js";
import * as words from "./words.js";
import { PASSWORD } from "./world.js";

/** What stands where the outcome of calls will, by whether somebody is signed in. */
const NOTHING_YET = {
  true: "Make a call, and what becomes of it is said here.",
  false: "Sign in, or play a story: it signs in by itself.",
};

export class App {
  /**
   * @param {World} world
   * @param {(name: string, place: HTMLElement, action: () => Promise<void>) => Promise<void>} act
   * @param {() => Promise<() => Promise<import("./mock.js").Counters | null>>} counting from when it is called on
   */
  constructor(world, act, counting) {
    this.world = world;
    this.act = act;
    this.counting = counting;
    this.parts = {
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
    };
    /** A problem is on the page that a later refresh would solve. */
    this.recoverable = false;
    /** Nothing has been called since something else was done. */
    this.isIdle = true;
    this.countdown = new Countdown({ text: $("#countdown"), bar: $(".bar"), note: $("#expiry") });
    this.#listen();
    this.#idle();
    world.auth.subscribe((session) => this.render(session));
    this.render(world.auth.session);
    world.auth.ready.catch((error) => this.showProblem(error, this.parts.session));
    const draw = () => document.hidden || this.parts.token.hidden || this.countdown.draw();
    setInterval(draw, 250);
    document.addEventListener("visibilitychange", draw);
  }

  /** @param {import("evertoken").AuthEvent} event */
  told(event) {
    this.countdown.event(event);
    if (event.type === "refreshed" && this.recoverable) {
      this.hideProblem();
      this.say("The client has got a new token by itself in the meantime. Make the call again.");
    }
  }

  /** @param {Session} session */
  render(session) {
    const { parts } = this;
    this.countdown.session(session);
    if (parts.session.dataset.status === "restoring") this.hideProblem();
    parts.session.dataset.status = session.status;
    const [who, status] = this.#headline(session);
    parts.who.replaceChildren(...who.split(/(?=@)/).flatMap(breakBefore));
    parts.status.textContent = status;
    if (session.status === "restoring" && session.error) {
      this.showProblem(session.error, parts.session);
    }
    // The form stays while signing in, so that the focus does.
    const signedIn = session.status === "signed-in" || session.status === "signing-out";
    this.#swap(parts.token, signedIn);
    this.#swap($("#sign-out"), signedIn);
    this.#swap(parts.form, session.status === "signed-out" || session.status === "signing-in");
    if (this.isIdle) this.#idle();
    for (const button of ["#one-call", "#twenty-calls", "#all-call"]) {
      unavailable($(button), !signedIn);
    }
  }

  /** @param {Session} session @returns {[string, string]} */
  #headline(session) {
    switch (session.status) {
      case "restoring":
        return ["One moment…", "Looking for a session from last time."];
      case "signed-out":
        return ["Nobody is signed in", words.whySignedOut[session.reason] ?? ""];
      case "signing-in":
        return ["Signing in…", ""];
      case "signed-in": {
        const { email, role } = session.user ?? {};
        return [email ?? "Signed in", role ? `Signed in, role ${role}` : "Signed in"];
      }
      case "signing-out":
        return ["Signing out…", ""];
    }
  }

  #listen() {
    const { world, parts } = this;
    parts.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (world.auth.session.status === "signing-in") return;
      const [email, password] = [parts.email.value, parts.password.value];
      void this.act(`Sign in as ${email}`, parts.form, async () => {
        await world.signIn({ email, password });
        parts.form.reset();
        this.say("You are in. Make a call, or break something first.");
      });
    });
    for (const button of parts.form.querySelectorAll("button[data-account]")) {
      button.addEventListener("click", () => {
        parts.email.value = /** @type {HTMLElement} */ (button).dataset.account ?? "";
        parts.password.value = PASSWORD;
        parts.form.requestSubmit();
      });
    }
    const { outcome } = parts;
    on("#one-call", () => this.act("One call", outcome, () => this.call(1)));
    on("#twenty-calls", () => this.act("Twenty calls at once", outcome, () => this.call(20)));
    on("#all-call", () =>
      this.act("A call from every tab", outcome, () => this.call(1, world.tabs.all)),
    );
    on("#sign-out", () =>
      this.act("Sign out", parts.session, async () => {
        await world.signOut();
        this.say("Signed out. The server has ended the session.");
      }),
    );
  }

  /** @param {number} each @param {import("./tab.js").Tab[]} [tabs] */
  async call(each, tabs = [this.world.tabs.first]) {
    const { world } = this;
    const sent = each * tabs.length;
    const added = await this.counting();
    const dots = Array.from({ length: sent }, () => document.createElement("i"));
    this.parts.dots.replaceChildren(...dots);
    this.say(sent === 1 ? "Calling…" : `Making ${sent} calls…`);
    const calls = world.clients.map((client) =>
      Promise.all(
        tabs.map((tab, index) =>
          tab.call(client, each, (place, ok) => {
            if (client === "ours") dots[index * each + place].className = ok ? "good" : "bad";
          }),
        ),
      ),
    );
    const [ours, naive] = await Promise.all(calls);
    const saw = await added();
    // Other calls were started meanwhile; the page speaks of those.
    if (dots[0].parentElement === null) return;
    const statuses = ours.flatMap((calls) => calls.statuses);
    const { what, why } = words.summary({ sent, statuses, saw });
    const beside = naive
      ? ` ${words.besides(
          sent,
          naive.flatMap((calls) => calls.statuses),
        )}`
      : "";
    this.say(`${what}. ${why}${beside}`.trim());
    const failed = ours.find((calls) => calls.error !== undefined);
    if (failed) throw failed.error;
  }

  #idle() {
    this.say(NOTHING_YET[`${this.world.signedIn}`]);
    this.isIdle = true;
  }

  /** @param {string} text */
  say(text) {
    this.isIdle = false;
    this.parts.result.textContent = text;
  }

  clear() {
    this.hideProblem();
    this.#idle();
    this.parts.dots.replaceChildren();
  }

  /** Puts the one place for problems next to what caused this one. @param {unknown} error @param {HTMLElement} place */
  showProblem(error, place) {
    const { problem, outcome } = this.parts;
    if (problem.parentElement !== place) place.append(problem);
    const { what, hint } = words.problem(error);
    const title = document.createElement("strong");
    title.textContent = what;
    problem.replaceChildren(title, hint && ` ${hint}`);
    if (place === outcome) this.recoverable = Boolean(/** @type {any} */ (error)?.retryable);
    else this.#idle();
  }

  hideProblem() {
    this.parts.problem.replaceChildren();
    this.recoverable = false;
  }

  /** Shows or hides a part; the focus, if it was in there, goes to the headline. @param {HTMLElement} part @param {boolean} show */
  #swap(part, show) {
    if (!show && part.contains(document.activeElement)) this.parts.who.focus();
    part.hidden = !show;
  }
}

/** A narrow screen breaks the line before the @. @param {string} part @param {number} index */
const breakBefore = (part, index) => (index ? [document.createElement("wbr"), part] : [part]);
