// What is between a page and the server: it takes time, and loses, repeats and spoils things.

import type { TokenStorage } from "evertoken";

import type { Browser, Page } from "./browser.js";
import type { Answer, Question, Server } from "./server.js";

type Fault = "lost" | "unanswered" | "hangs" | "busy" | "limited" | "page" | "twice";

const FAULTS: Fault[] = ["lost", "unanswered", "hangs", "busy", "limited", "page", "twice"];
const EXCHANGES = ["login", "refresh", "logout"];

export class Network {
  /** One fault in so many exchanges; none: 0. */
  faults = 0;
  /** The refresh token: the cookie, or what the application stores. */
  jar: string | undefined;
  /** How many exchanges of tabs that are there were on their way at once. */
  most = 0;
  readonly #waiting = new Set<{ page: Page }>();
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #say: (page: Page, what: string) => void;
  readonly #sent: (page: Page, question: Question) => void;

  constructor(
    browser: Browser,
    server: Server,
    say: (page: Page, what: string) => void,
    sent: (page: Page, question: Question) => void,
  ) {
    this.#browser = browser;
    this.#server = server;
    this.#say = say;
    this.#sent = sent;
  }

  /** What a page's `fetch` does. */
  send(tab: Page, input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const request = input instanceof Request ? input : undefined;
    const headers = new Headers(init.headers ?? request?.headers);
    const bearer = headers.get("authorization")?.slice("Bearer ".length);
    const question: Question = {
      ...this.#asked(new URL(request ? request.url : String(input)).pathname, init.body),
      key: headers.get("idempotency-key") ?? undefined,
      bearer,
    };
    this.#sent(tab, question);
    const fault = this.#fault(question.path);
    this.#say(
      tab,
      `→ ${question.path} ${question.token ?? ""} ${question.key ?? ""} ${fault ?? ""}`,
    );
    return new Promise((resolve, reject) => {
      let isOver = false;
      const exchange = { page: tab };
      if (EXCHANGES.includes(question.path)) {
        this.#waiting.add(exchange);
        const present = [...this.#waiting].filter(({ page }) => !page.gone);
        this.most = Math.max(this.most, present.length);
      }
      const signal = init.signal ?? request?.signal;
      const fail = (why: unknown) => {
        isOver = true;
        this.#waiting.delete(exchange);
        reject(why);
      };
      if (signal?.aborted) return fail(signal.reason);
      signal?.addEventListener("abort", () => fail(signal.reason));
      if (fault === "hangs") return;
      const lost = (delay: number) =>
        this.#browser.plan(delay, tab, () => fail(new TypeError("Failed to fetch")));
      const arrive = () => {
        if (fault === "lost") return lost(this.#way());
        const answer = this.#answer(question, fault);
        this.#say(tab, `← ${question.path} ${answer.status} ${answer.token ?? ""}`);
        const way = this.#way();
        const isSeen = fault !== "unanswered" || this.#browser.chance.one(2);
        // The cookie is the browser's as soon as the headers are there, whether or not anybody waits.
        this.#browser.plan(way, undefined, () => {
          const counts = isSeen && !(isOver && this.#browser.chance.one(2));
          if (answer.token !== undefined && counts) this.jar = answer.token ?? undefined;
        });
        if (fault === "unanswered") return lost(way + this.#browser.chance.below(50));
        const page = fault === "page" ? "<html>" : JSON.stringify(answer.body);
        const headers: Record<string, string> =
          !EXCHANGES.includes(question.path) && answer.status === 401
            ? { "www-authenticate": 'Bearer error="invalid_token"' }
            : {};
        if (answer.status === 429) headers["retry-after"] = "7";
        if (answer.renewed) headers.authorization = `Bearer ${answer.renewed}`;
        this.#browser.plan(way + this.#browser.chance.of([0, 1, 30]), tab, () => {
          this.#waiting.delete(exchange);
          resolve(new Response(page, { status: answer.status, headers }));
        });
      };
      if (fault === "twice") {
        this.#browser.plan(this.#way(), undefined, () => void this.#answer(question, undefined));
      }
      this.#browser.plan(this.#way(), undefined, arrive);
    });
  }

  /** What an application keeps its refresh token in; some take their time. */
  storage(tab: Page, isSlow: boolean): TokenStorage {
    if (!isSlow) {
      return {
        get: () => this.jar ?? null,
        set: (token) => void (this.jar = token),
        remove: () => void (this.jar = undefined),
      };
    }
    const later = <T>(act: () => T) =>
      new Promise<T>((resolve) =>
        this.#browser.plan(this.#browser.chance.below(10), tab, () => resolve(act())),
      );
    return {
      get: () => later(() => this.jar ?? null),
      set: (token) => later(() => void (this.jar = token)),
      remove: () => later(() => void (this.jar = undefined)),
    };
  }

  #answer(question: Question, fault: Fault | undefined): Answer {
    if (fault === "busy") return { status: 503, body: {} };
    if (fault === "limited") return { status: 429, body: { error: "rate_limited" } };
    if (fault === "page") return { status: 200, body: {} };
    return this.#server.answer(question);
  }

  #asked(path: string, body: unknown): Omit<Question, "key" | "bearer"> {
    const text = typeof body === "string" ? body : "{}";
    const [, name = "resource"] =
      /^\/\w+\/(?:auth\/)?(login|refresh|logout|token|revoke|admin)$/.exec(path) ?? [];
    if (name === "token" || name === "revoke") {
      const form = new URLSearchParams(text);
      const token = form.get("refresh_token") ?? form.get("token") ?? undefined;
      const user = form.get("username") ?? undefined;
      const kind = form.get("grant_type") === "password" ? "login" : "refresh";
      return { path: name === "revoke" ? "logout" : kind, token, user };
    }
    const { email, code, refreshToken } = JSON.parse(text || "{}") as Record<string, string>;
    const token = this.#server.isCookie ? this.jar : refreshToken;
    return { path: name, token, user: email ?? code };
  }

  #fault(path: string): Fault | undefined {
    if (this.faults === 0 || !EXCHANGES.includes(path)) return undefined;
    return this.#browser.chance.one(this.faults) ? this.#browser.chance.of(FAULTS) : undefined;
  }

  /** How long something is on its way. */
  #way(): number {
    const chance = this.#browser.chance;
    return chance.of([1, 5, 20, 60, 60, 200, chance.below(3_000), 0]);
  }
}
