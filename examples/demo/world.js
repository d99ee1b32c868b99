/**
 * Everything that can be done here, for buttons and stories alike: to the clients, to the network, to the server, to the
 * time. What is done to one client's backend is done to the other's too, so that they can be compared.
 *
 * @typedef {import("./tab.js").Client} Client
 * @typedef {"fine" | "slow" | "before" | "after" | "limited"} Weather
 * @typedef {{ email: string, password: string }} Credentials
 */
import { ahead } from "./clock.js";
import { Mock } from "./mock.js";
import { NAIVE } from "./tab.js";

export const USER = "user@example.com";
/** Of both accounts the mock server knows. */
export const PASSWORD = "password";

const REFRESH = "/auth/refresh";
const EVERYTHING = ["/auth/login", "/auth/logout", "/auth/me", REFRESH];

/** @type {Record<Weather, Omit<import("./mock.js").Rule, "path">[]>} */
const WEATHER = {
  fine: [],
  slow: [{ do: { delay_ms: 1_500 } }],
  before: [{ do: { status: 503 } }],
  after: [{ when: "after", do: { status: 503 } }],
  limited: [{ do: { status: 429, retry_after: 3 } }],
};

export class World {
  /**
   * @param {import("./tabs.js").Tabs} tabs
   * @param {import("./record.js").Record} record
   * @param {(what: string, why?: string) => void} note
   */
  constructor(tabs, record, note) {
    this.tabs = tabs;
    this.record = record;
    this.note = note;
    this.mocks = { ours: new Mock(""), naive: new Mock(NAIVE) };
    this.comparing = false;
    /** @type {Weather} */
    this.weather = "fine";
    this.offline = false;
    /** Told when any of this changes. @type {() => void} */
    this.changed = () => {};
  }

  get auth() {
    return this.tabs.first.ours;
  }

  get signedIn() {
    return this.auth.session.status === "signed-in";
  }

  /** Those who take part. @returns {Client[]} */
  get clients() {
    return this.comparing ? ["ours", "naive"] : ["ours"];
  }

  get naiveIn() {
    return this.tabs.all.some(({ naive }) => naive.session.signedIn);
  }

  /** @param {boolean} on */
  async compare(on) {
    this.comparing = on;
    this.tabs.compare(on);
    this.changed();
    const email = this.auth.session.status === "signed-in" && this.auth.session.user?.email;
    if (on && email && !this.naiveIn) await this.tabs.signNaiveIn({ email, password: PASSWORD });
  }

  /** Whether the naive client's calls share a refresh within a tab. @param {boolean} on */
  async share(on) {
    this.tabs.share(on);
  }

  /** @param {Credentials} credentials */
  async signIn(credentials) {
    await this.auth.login(credentials);
    if (this.comparing) await this.tabs.signNaiveIn(credentials);
  }

  async signOut() {
    const naive = this.comparing && this.tabs.first.naive.logout().catch(() => {});
    await this.auth.logout();
    await naive;
  }

  /** @param {Weather} weather */
  async setWeather(weather) {
    this.weather = weather;
    await this.#rule();
  }

  /** @param {boolean} offline */
  async setOffline(offline) {
    this.offline = offline;
    await this.#rule();
    if (!offline) this.tabs.online();
  }

  /** For the next refresh only, or for all. @param {Omit<import("./mock.js").Rule, "path">} rule */
  async spoil(rule) {
    await this.#both((mock) => mock.setRules([{ path: REFRESH, ...rule }]));
  }

  async refuse() {
    await this.#both((mock) => mock.expireAccessTokens());
    for (const client of /** @type {const} */ (["ours", "naive"])) this.record.refuse(client);
    this.changed();
  }

  /** Time passes for the server and for every tab, as while a laptop sleeps, until the token has expired. */
  async jump() {
    const { session } = this.auth;
    const naive = this.tabs.first.naive.session;
    const expiry = session.status === "signed-in" ? session.expiresAt : naive.expiresAt;
    const seconds = Math.max(1, Math.ceil((expiry - Date.now()) / 1000) + 1);
    await this.#both((mock) => mock.advance(seconds));
    this.record.pass(seconds * 1000);
    this.tabs.sleepUntil(ahead() + seconds * 1000);
    this.changed();
    return seconds;
  }

  async endAllSessions() {
    const { session } = this.auth;
    const email = (session.status === "signed-in" && session.user?.email) || USER;
    await this.#both((mock) => mock.endAllSessions(email));
  }

  /** Tells whether it succeeded: a refresh of the page's own may come between. */
  async steal() {
    const stolen = await Promise.all(this.clients.map((client) => this.mocks[client].steal()));
    return stolen.every(Boolean);
  }

  /**
   * As many tabs as this.
   *
   * @param {number} wanted
   */
  async setTabs(wanted) {
    while (this.tabs.open.length > wanted) {
      const closed = this.tabs.remove();
      if (closed !== null) this.record.closeTab(closed);
    }
    while (this.tabs.open.length < wanted) {
      const tab = await this.tabs.add();
      if (this.comparing && this.tabs.first.naive.session.signedIn) {
        // It begins as such pages do; whether that works is its own affair.
        await tab.naive.refresh().catch(() => {});
      }
    }
    this.changed();
  }

  async #rule() {
    const off = EVERYTHING.map((path) => ({ path, do: "reset" }));
    const rules = WEATHER[this.weather].map((rule) => ({ path: REFRESH, ...rule }));
    await this.#both((mock) => mock.setRules(this.offline ? off : rules));
    this.changed();
  }

  /** @param {(mock: Mock) => Promise<unknown>} done */
  async #both(done) {
    await Promise.all([done(this.mocks.ours), done(this.mocks.naive)]);
  }
}
