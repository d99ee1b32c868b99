// A life of the whole package: its engine, its shell and its wrapper, in a few tabs of a browser, against a strict server, over a
// network that loses, delays and repeats. What users do comes from a seed. The session machine has worlds of its own
// (client-core/sim); here it is what stands around it that meets every order of events.

import assert from "node:assert/strict";

import {
  createAuthClient,
  isAuthError,
  type AuthClient,
  type AuthClientOptions,
  type Session,
} from "evertoken";

import { Browser, START, type Page } from "./browser.js";
import { Chance } from "./chance.js";
import { Network } from "./network.js";
import { Server, subject, type Question } from "./server.js";
import { Setting, USERS } from "./setting.js";

interface Tab extends Page {
  auth: AuthClient;
}

/** What somebody called, and what became of it. */
interface Call {
  tab: Tab;
  what: string;
  outcome: string | undefined;
}

const BASE = "https://app.example";
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function userOf(session: Session): string {
  return session.status === "signed-in" ? (session.user?.id ?? "") : "";
}

/** Lives it, and throws what went wrong with the story that led there. */
export async function live(seed: number): Promise<World> {
  const world = new World(seed);
  try {
    await world.live();
  } catch (error) {
    throw new Error(
      `${String(error)}\nseed ${seed}, ${JSON.stringify(world.setting)}\n${world.story.join("\n")}`,
    );
  }
  return world;
}

export class World {
  readonly story: string[] = [];
  readonly server: Server;
  readonly setting: Setting;
  readonly #chance: Chance;
  readonly #browser: Browser;
  readonly #network: Network;
  readonly #tabs: Tab[] = [];
  readonly #calls: Call[] = [];
  /** Something happened that may end a session. */
  #mayBeOut = false;
  #opened = 0;
  /** Who sent another's token. */
  readonly #strangers: string[] = [];
  /** A tab went on beside one that held the lock for too long. */
  #wentOn = false;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#browser = new Browser(this.#chance);
    this.setting = new Setting(this.#chance);
    this.server = new Server(() => this.#browser.now, this.setting);
    this.#network = new Network(
      this.#browser,
      this.server,
      (page, what) => this.#say(page, what),
      (page, question) => this.#sent(page as Tab, question),
    );
    this.#network.faults = this.setting.faults;
  }

  async live(): Promise<void> {
    this.#browser.install(
      this.setting.without,
      this.setting.isOwn ? BASE : "https://elsewhere.example",
    );
    await this.#open();
    const acts = 5 + this.#chance.below(30);
    for (let act = 0; act < acts; act++) {
      await this.#act();
      await this.#pass(this.#gap());
    }
    await this.#rest();
    await this.#end();
  }

  #say(tab: Page | undefined, what: string): void {
    const at = (this.#browser.now - START) / SECOND;
    this.story.push(`${at.toFixed(3).padStart(10)} ${tab?.name ?? "  "} ${what}`);
  }

  #pass(duration: number): Promise<void> {
    return this.#browser.pass(duration);
  }

  /** Short ones, so that things meet, and those that tokens expire in. */
  #gap(): number {
    const chance = this.#chance;
    return chance.of([
      0,
      0,
      3,
      20,
      chance.below(200),
      chance.below(3_000),
      14 * MINUTE,
      16 * MINUTE,
    ]);
  }

  get #alive(): Tab[] {
    return this.#tabs.filter((tab) => !tab.gone);
  }

  async #act(): Promise<void> {
    const chance = this.#chance;
    const tabs = this.#alive;
    const tab = tabs.length > 0 ? chance.of(tabs) : undefined;
    if (!tab || (tabs.length < 3 && chance.one(8))) return this.#open();
    switch (chance.below(20)) {
      case 0:
      case 1:
      case 2:
        return this.#login(tab, chance.of(USERS));
      case 3:
        return this.#login(tab, "stranger");
      case 4:
      case 5:
        return this.#logout(tab);
      case 6:
        this.#say(tab, "is killed");
        return this.#browser.kill(tab);
      case 7:
        this.#say(tab, "is disposed");
        await this.#browser.as(tab, () => tab.auth.dispose());
        return this.#browser.kill(tab);
      case 8:
        return this.#call(tab, "refresh", () => tab.auth.refresh());
      case 9:
        return this.#call(tab, "getAccessToken", () => tab.auth.getAccessToken());
      case 10:
        if (chance.one(2)) {
          this.#say(undefined, "the machine sleeps");
          return this.#browser.sleep(chance.of([MINUTE, 14 * MINUTE, 40 * MINUTE]));
        }
        this.#say(undefined, "access tokens expire");
        return this.server.expire();
      case 11:
        if (!chance.one(3)) return this.#fetch(tab);
        return this.#revoke();
      case 12:
        return this.#freeze(tab);
      case 13:
        return this.#givenUp(tab);
      case 14:
        if (chance.one(4)) return this.#forbidden(tab);
        if (!chance.one(3)) return this.#fetch(tab);
        return this.#handOver(tab, chance.of(USERS));
      default:
        for (let n = chance.below(3); n >= 0; n--) await this.#fetch(tab);
    }
  }

  async #open(): Promise<void> {
    this.#opened += 1;
    const page: Page = { name: `t${this.#opened}`, gone: false, frozen: false };
    const tab = page as Tab;
    const options: AuthClientOptions = {
      baseUrl: BASE,
      contract: this.setting.contract,
      restore: this.#chance.of(["always", "always", "hint"]),
      crossTab: true,
      fetch: (input, init) => this.#network.send(tab, input, init),
      onEvent: ({ at: _, ...event }) => {
        this.#say(tab, `· ${JSON.stringify(event)}`);
        if (event.type === "lock-waited" && event.ms >= 11_000) this.#wentOn = true;
      },
      ...(this.server.isCookie || !this.setting.isShared
        ? {}
        : { storage: this.#network.storage(tab, this.setting.isSlow) }),
      ...(this.setting.silent !== undefined && { reauthenticate: () => this.#credentials(tab) }),
    };
    this.#say(tab, "opens");
    await this.#browser.as(tab, () => (tab.auth = createAuthClient(options)));
    this.#tabs.push(tab);
    if (this.#chance.one(4)) {
      await this.#browser.as(tab, () => {
        tab.auth.subscribe(() => void tab.auth.getAccessToken().catch(() => {}));
      });
    }
    await this.#call(tab, "ready", () => tab.auth.ready);
  }

  async #login(tab: Tab, user: string): Promise<void> {
    return this.#call(tab, `login ${user}`, () => tab.auth.login(this.#of(user)));
  }

  /** What this user signs in with. */
  #of(user: string): Record<string, string> {
    return this.setting.contract === "code-exchange"
      ? { code: user }
      : { email: user, password: "" };
  }

  /** What an application signs in with by itself; that may take long, or fail. */
  #credentials(tab: Tab): Promise<Record<string, string>> {
    const { chance } = this.#browser;
    this.#say(tab, "is asked for credentials");
    const fails = this.#network.faults > 0 && chance.one(this.#network.faults);
    return new Promise((resolve, reject) => {
      this.#browser.plan(
        chance.of(this.#network.faults > 0 ? [0, 50, 2_000, 15_000] : [0, 50]),
        tab,
        () => {
          if (fails) reject(new Error("no code"));
          else resolve(this.#of(this.setting.silent as string));
        },
      );
    });
  }

  /** Signs in where the client does not see it, and hands that over. */
  async #handOver(tab: Tab, user: string): Promise<void> {
    this.#mayBeOut = true;
    const { body, token } = this.server.mint(user);
    if (token !== undefined) this.#network.jar = token ?? undefined;
    const grant = {
      accessToken: String(body.accessToken ?? body.access_token),
      expiresIn: 900,
      user: { id: user },
      ...(this.setting.isOwn && { refreshKey: String(body.refreshKey) }),
      ...(!this.server.isCookie && {
        refreshToken: String(body.refreshToken ?? body.refresh_token),
      }),
    };
    return this.#call(tab, `setSession ${user}`, () => tab.auth.setSession(grant));
  }

  /** A call that somebody gives up. */
  async #givenUp(tab: Tab): Promise<void> {
    const patience = new AbortController();
    const { signal } = patience;
    const what = this.#chance.of(["fetch", "getAccessToken", "refresh", "login a"]);
    const begin = {
      fetch: () => tab.auth.fetch("/me", { signal }),
      getAccessToken: () => tab.auth.getAccessToken({ signal }),
      refresh: () => tab.auth.refresh({ signal }),
      "login a": () => tab.auth.login(this.#of("a"), { signal }),
    }[what] as () => Promise<unknown>;
    if (what === "login a") this.#mayBeOut = true;
    this.#browser.plan(this.#chance.of([0, 3, 30, 300]), tab, () => patience.abort());
    return this.#call(tab, `${what}, given up`, begin);
  }

  async #logout(tab: Tab): Promise<void> {
    this.#mayBeOut = true;
    return this.#call(tab, "logout", () => tab.auth.logout());
  }

  async #fetch(tab: Tab): Promise<void> {
    return this.#call(tab, "fetch", () => tab.auth.fetch("/me"));
  }

  /** Asks for what this user may not have. */
  async #forbidden(tab: Tab): Promise<void> {
    this.#mayBeOut = true;
    return this.#call(tab, "fetch /api/admin", () => tab.auth.fetch("/api/admin"));
  }

  #revoke(): void {
    this.#mayBeOut = true;
    this.#say(undefined, "the server ends all sessions");
    for (const user of USERS) this.server.revoke(user, "revoked");
  }

  async #freeze(tab: Tab): Promise<void> {
    if (tab.frozen) {
      this.#say(tab, "is back");
      tab.frozen = false;
      return this.#browser.as(tab, () =>
        this.#browser.happen(tab, "pageshow", { persisted: true }),
      );
    }
    if (this.#chance.one(2)) {
      this.#say(tab, "is kept aside");
      await this.#browser.as(tab, () => this.#browser.happen(tab, "pagehide", { persisted: true }));
    } else {
      this.#say(tab, "freezes");
    }
    tab.frozen = true;
  }

  /** Calls something, and notes what becomes of it. */
  async #call(tab: Tab, what: string, begin: () => Promise<unknown>): Promise<void> {
    if (tab.frozen) return;
    const call: Call = { tab, what, outcome: undefined };
    this.#calls.push(call);
    this.#say(tab, what);
    const settle = (outcome: string) => {
      call.outcome = outcome;
      this.#say(tab, `${what}: ${outcome}`);
    };
    await this.#browser.as(tab, () => {
      void begin().then(
        (brought) => settle(brought instanceof Response ? String(brought.status) : "done"),
        (error: unknown) => settle(isAuthError(error) ? error.code : String(error)),
      );
    });
  }

  /** A request leaves a tab. */
  #sent(tab: Tab, { bearer }: Question): void {
    const user = tab.auth ? userOf(tab.auth.session) : "";
    if (bearer && user && subject(bearer) !== user) {
      this.#strangers.push(`${tab.name} shows ${user} and sends a token of ${subject(bearer)}`);
    }
  }

  /** Nothing goes wrong any more, and everybody has time. */
  async #rest(): Promise<void> {
    this.#network.faults = 0;
    for (const tab of this.#alive) if (tab.frozen) await this.#freeze(tab);
    if (this.#alive.length === 0) await this.#open();
    await this.#pass(3 * MINUTE);
    this.#judgeCalls();
    const last = this.#chance.of(["nothing", "login", "logout", "setSession"]);
    const tab = this.#chance.of(this.#alive);
    this.#say(undefined, `all is quiet; then ${last}`);
    const user = this.#chance.of(USERS);
    if (this.#chance.one(2)) {
      const other = this.#chance.of(this.#alive);
      // A session that a refresh finds counts beside a logout that has not heard of it.
      const finds = last === "logout" && other.auth.session.status !== "signed-in";
      await this.#call(other, "refresh", () => other.auth.refresh());
      const between = this.#chance.below(100);
      await this.#pass(finds ? MINUTE : between);
    }
    if (last === "login") await this.#login(tab, user);
    if (last === "logout") await this.#logout(tab);
    if (last === "setSession") await this.#handOver(tab, user);
    await this.#pass(MINUTE);
    this.#judgeCalls();
    if (last !== "nothing") assert.equal(this.#calls.at(-1)?.outcome, "done");
    const takesTurns = !this.setting.without.includes("locks") && !this.#wentOn;
    const hearsAll = !this.setting.without.includes("channel") && this.setting.isShared;
    for (const tab of this.#alive) {
      const { session } = tab.auth;
      const shown = `${session.status} ${userOf(session)}`;
      this.#say(tab, shown);
      if (!hearsAll) continue;
      const isIn =
        last === "login" || (last === "setSession" && takesTurns && !this.setting.isSlow);
      if (isIn) assert.equal(shown, `signed-in ${user}`);
      if (last === "logout") assert.match(shown, /^signed-out/);
      // A restore that may have been carried out and proves nothing is repeated only where somebody asks.
      if (last === "nothing") assert.match(shown, /^signed-|^restoring/);
    }
    // No script may have seen the key of a login whose answer was lost. Who asks then, and is repeated by the network, or by
    // another tab where they do not take turns, proves nothing.
    const { reuse, bareReuse } = this.server;
    const isKeyed = takesTurns && this.setting.isOwn;
    const excused = isKeyed ? 0 : bareReuse;
    if (takesTurns && this.setting.isShared)
      assert.ok(this.#network.most <= 1, "two exchanges at once");
    assert.equal(reuse - excused, 0, "an honest browser was taken for a thief");
    // Where tabs do not take turns, one may be signing in silently that has not heard of the logout.
    if (
      last === "logout" &&
      this.setting.isShared &&
      (takesTurns || this.setting.silent === undefined)
    ) {
      assert.equal(this.server.owner(this.#network.jar), undefined, "still signed in");
    }
    await this.#judgeRequests();
  }

  /** A call of a tab that is still there has ended. */
  #judgeCalls(): void {
    assert.deepEqual(this.#strangers, []);
    for (const { tab, what, outcome } of this.#calls) {
      if (!tab.gone) assert.ok(outcome !== undefined, `${tab.name} still waits: ${what}`);
    }
  }

  /** Whoever is shown signed in is served, and whoever is not is told. */
  async #judgeRequests(): Promise<void> {
    for (const tab of this.#alive) {
      const shown = tab.auth.session;
      const before = shown.status;
      const user = userOf(shown);
      await this.#fetch(tab);
      await this.#pass(20 * SECOND);
      const outcome = this.#calls.at(-1)?.outcome;
      const mayBeEither =
        before === "restoring" || this.setting.silent !== undefined || !this.setting.isShared;
      // Only whoever asks may learn that there is no session any longer.
      const isOver = tab.auth.session.status === "signed-out";
      const tellsSo = outcome === "login_required" || this.setting.contract === "gateway";
      if (this.#mayBeOut && isOver && tellsSo) continue;
      // Whoever finds out that the user is another does not repeat what was begun as the one before.
      if (outcome === "401" && user !== userOf(tab.auth.session)) continue;
      // The clear of a logout beside a login, or of one that was given up for it, took that one's cookie.
      const isCleared = this.#calls.some(
        (call) => call.what === "logout" && call.outcome !== "done",
      );
      const mayLackCookie = isCleared || this.setting.without.includes("locks");
      if (outcome === "misconfigured" && mayLackCookie) continue;
      if (mayBeEither) assert.match(String(outcome), /^(200|login_required)$/);
      else if (before === "signed-out") assert.equal(outcome, "login_required");
      else if (!this.setting.without.includes("channel")) assert.equal(outcome, "200");
    }
    const logins = this.#calls.filter(({ what }) => what.startsWith("login"));
    const isIn = logins.some(({ outcome }) => outcome === "done");
    // A login whose answer was lost may have replaced the session, and left nothing in its place.
    const isKnown = logins.every(({ outcome }) =>
      /^(done|invalid_credentials)$/.test(String(outcome)),
    );
    // A gateway cannot be asked for a session: who opens a tab alone is signed out.
    const restores = this.setting.isShared && this.setting.contract !== "gateway";
    if (isIn && isKnown && restores && !this.#mayBeOut && this.setting.without.length === 0) {
      for (const { auth, name } of this.#alive) {
        assert.equal(auth.session.status, "signed-in", `nobody signed ${name} out`);
      }
    }
  }

  async #end(): Promise<void> {
    for (const tab of this.#alive) await this.#browser.as(tab, () => tab.auth.dispose());
    await this.#pass(SECOND);
    const { timers, channels, locks, listeners } = this.#browser;
    const left = [timers.size, channels.size, locks.size, listeners.size];
    assert.deepEqual(left, [0, 0, 0, 0], "something is left: timers, channels, locks, listeners");
  }
}
