/**
 * Plays a story: brings the world into order, does step after step, leaves time to read, and says how it ended.
 *
 * @typedef {import("./stories.js").Story} Story
 * @typedef {import("./stories.js").Outcome} Outcome
 * @typedef {import("./world.js").World} World
 */
import { $, on, unavailable } from "./page.js";
import { STORIES } from "./stories.js";
import { problem } from "./words.js";
import { PASSWORD, USER } from "./world.js";

/** What a step's sentence takes to be read, in milliseconds; `?pace=` makes it another time. */
const PACE = Number(new URLSearchParams(location.search).get("pace") ?? 3_500);

export class Player {
  /**
   * @param {World} world
   * @param {{ begin: (story: Story) => Promise<void>, outcome: () => Promise<Outcome>, end: () => void }} told
   */
  constructor(world, told) {
    this.world = world;
    this.told = told;
    this.playing = false;
    /** Where the keyboard goes when the story is closed. */
    this.button = $("#story-close");
    /** A story that was closed goes no further. */
    this.number = 0;
    this.box = $("#story");
    this.title = $("#story-title");
    this.steps = $("#story-steps");
    this.last = $("#story-end");
    /** @type {HTMLButtonElement[]} */
    this.buttons = STORIES.map((story) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `story-${story.id}`;
      button.textContent = story.name;
      $("#story-buttons").append(button);
      on(`#${button.id}`, () => this.play(story));
      return button;
    });
    on("#story-close", () => this.close());
  }

  /** @param {Story} story */
  async play(story) {
    if (this.playing) return;
    this.#busy(true);
    this.number += 1;
    const number = this.number;
    this.button = $(`#story-${story.id}`);
    const goesOn = () => number === this.number;
    this.box.hidden = false;
    this.box.dataset.state = "playing";
    this.title.textContent = story.name;
    this.steps.replaceChildren();
    this.last.replaceChildren();
    this.title.focus();
    try {
      await this.#prepare(story);
      await this.told.begin(story);
      for (const [index, step] of story.steps.entries()) {
        if (!goesOn()) return;
        const item = document.createElement("li");
        item.textContent = step.say;
        this.steps.append(item);
        await pause(PACE / 2);
        this.world.note(`Step ${index + 1}`, step.say);
        await step.act(this.world);
        await pause(PACE / 2);
      }
      const outcome = await this.told.outcome();
      if (goesOn()) this.#end(story.end(outcome));
    } catch (error) {
      const { what, hint } = problem(error);
      if (goesOn()) this.#end([what, hint]);
    } finally {
      await this.world.setWeather("fine").catch(() => {});
      this.#busy(false);
      this.told.end();
    }
  }

  close() {
    this.number += 1;
    this.box.hidden = true;
    this.button.focus();
  }

  /** Fair weather, as many tabs as it takes, both clients signed in with tokens that are new. @param {Story} story */
  async #prepare({ tabs }) {
    const { world } = this;
    const credentials = { email: USER, password: PASSWORD };
    await world.setOffline(false);
    await world.setWeather("fine");
    await world.compare(true);
    if (world.signedIn) await world.auth.refresh().catch(() => {});
    if (!world.signedIn) await world.auth.login(credentials);
    await world.setTabs(tabs);
    await world.tabs.signNaiveIn(credentials);
  }

  /** @param {string[]} sentences */
  #end(sentences) {
    this.box.dataset.state = "ended";
    this.last.replaceChildren(
      ...sentences.filter(Boolean).map((sentence) => {
        const line = document.createElement("span");
        line.textContent = `${sentence} `;
        return line;
      }),
    );
  }

  /** @param {boolean} playing */
  #busy(playing) {
    this.playing = playing;
    for (const button of this.buttons) unavailable(button, playing);
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
