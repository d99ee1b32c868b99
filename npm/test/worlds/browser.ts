// As much of a browser as the client asks for, in virtual time: timers, clocks, locks, a channel, storage, page events. Pages
// share it as tabs do. Whatever happens is an entry of one agenda, belongs to one page, and happens to no page that is gone;
// what a page does then, its promises included, is done before the next entry.

import type { Chance } from "./chance.js";

/** One tab. */
export interface Page {
  readonly name: string;
  /** Nothing of it runs any more. */
  gone: boolean;
  /** It is kept aside: what happens to it happens when it is back. */
  frozen: boolean;
}

interface Entry {
  at: number;
  order: number;
  page: Page | undefined;
  run: () => void;
}

interface Lock {
  page: Page;
  hold: () => unknown;
  resolve: (value: unknown) => void;
  reject: (why: unknown) => void;
  isOver: boolean;
}

/** When every world begins. */
export const START = 1_800_000_000_000;
const { setImmediate } = globalThis;

export class Browser {
  now = START;
  /** How long the machine has slept: that time passes for `Date`, and for no other clock. */
  #slept = 0;
  /** Whose code is running. */
  page: Page | undefined;
  readonly chance: Chance;
  readonly locks = new Map<string, Lock[]>();
  readonly timers = new Map<number, Entry>();
  readonly channels = new Set<Channel>();
  readonly stored = new Map<string, string>();
  readonly listeners = new Set<{ page: Page; type: string; listener: (event: unknown) => void }>();
  #agenda: Entry[] = [];
  #order = 0;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  /** Does something after `delay` milliseconds, for this page if it still runs. */
  plan(delay: number, page: Page | undefined, run: () => void): Entry {
    const entry = { at: this.now + Math.max(0, delay), order: (this.#order += 1), page, run };
    this.#agenda.push(entry);
    return entry;
  }

  cancel(entry: Entry): void {
    const at = this.#agenda.indexOf(entry);
    if (at >= 0) this.#agenda.splice(at, 1);
  }

  /** Lets so much time pass, and everything happen that happens in it. */
  async pass(duration: number): Promise<void> {
    const end = this.now + duration;
    for (;;) {
      let next: Entry | undefined;
      for (const entry of this.#agenda) {
        if (entry.page?.frozen || entry.at > end) continue;
        if (!next || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) {
          next = entry;
        }
      }
      if (!next) break;
      this.cancel(next);
      // What was held back while its page was frozen is late.
      this.now = Math.max(this.now, next.at);
      if (next.page?.gone) continue;
      await this.as(next.page, next.run);
    }
    this.now = end;
  }

  /** The machine sleeps: nothing happens until it wakes up, and then everything at once. */
  sleep(duration: number): void {
    this.now += duration;
    this.#slept += duration;
  }

  /** Runs code of a page, and what follows from it at once. */
  async as(page: Page | undefined, run: () => void): Promise<void> {
    this.page = page;
    run();
    await new Promise((resolve) => setImmediate(resolve));
    this.page = undefined;
  }

  /** The page's process ends. */
  kill(page: Page): void {
    page.gone = true;
    this.#agenda = this.#agenda.filter((entry) => entry.page !== page);
    for (const listener of this.listeners)
      if (listener.page === page) this.listeners.delete(listener);
    for (const channel of this.channels) if (channel.page === page) this.channels.delete(channel);
    for (const [id, timer] of this.timers) if (timer.page === page) this.timers.delete(id);
    for (const [name, line] of this.locks) {
      for (const lock of line.filter((lock) => lock.page === page)) this.#leave(name, lock);
    }
  }

  /** Something happens to a page: `online`, `pagehide`, …. */
  happen(page: Page, type: string, event: object = {}): void {
    for (const one of [...this.listeners]) {
      if (one.page === page && one.type === type) one.listener({ type, ...event });
    }
  }

  /** Puts all this where the client looks for it, on a page of `origin`; `without` are the names of what there is not. */
  install(without: readonly ("locks" | "channel")[], origin: string): void {
    const lacks = (name: "locks" | "channel") => without.includes(name);
    const globals: Record<string, unknown> = {
      setTimeout: (run: () => void, delay = 0) => this.#setTimeout(run, delay),
      clearTimeout: (id: number) => this.#clearTimeout(id),
      addEventListener: (type: string, listener: () => void, options?: { signal?: AbortSignal }) =>
        this.#listen(type, listener, options?.signal),
      navigator: lacks("locks") ? {} : { locks: { request: this.#request } },
      BroadcastChannel: lacks("channel") ? undefined : this.#channelClass(),
      localStorage: this.#storage(),
      document: { visibilityState: "visible" },
      location: { origin, href: `${origin}/` },
    };
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    Date.now = () => Math.floor(this.now);
    Object.defineProperty(performance, "now", {
      value: () => this.now - START - this.#slept,
      configurable: true,
    });
    Math.random = () => this.chance.next();
    const fill = <T extends ArrayBufferView | null>(array: T): T => {
      const words = array as unknown as Uint32Array;
      for (let at = 0; at < words.length; at++) words[at] = this.chance.below(2 ** 32);
      return array;
    };
    Object.defineProperty(crypto, "getRandomValues", { value: fill, configurable: true });
  }

  #setTimeout(run: () => void, delay: number): number {
    // As browsers do: more than that is nothing.
    const wait = delay > 2 ** 31 - 1 ? 0 : delay;
    const id = this.#order + 1;
    const entry = this.plan(wait, this.page, () => {
      this.timers.delete(id);
      run();
    });
    this.timers.set(id, entry);
    return id;
  }

  #clearTimeout(id: number): void {
    const entry = this.timers.get(id);
    if (entry) this.cancel(entry);
    this.timers.delete(id);
  }

  #listen(type: string, listener: (event: unknown) => void, signal?: AbortSignal): void {
    const one = { page: this.page as Page, type, listener };
    this.listeners.add(one);
    signal?.addEventListener("abort", () => this.listeners.delete(one));
  }

  #request = (name: string, { signal }: { signal?: AbortSignal }, hold: () => unknown) =>
    new Promise((resolve, reject) => {
      const lock: Lock = { page: this.page as Page, hold, resolve, reject, isOver: false };
      const line = this.locks.get(name) ?? [];
      this.locks.set(name, line);
      line.push(lock);
      signal?.addEventListener("abort", () => {
        // Who holds it already goes on.
        if (line[0] === lock || lock.isOver) return;
        this.#leave(name, lock);
        reject(signal.reason);
      });
      if (line[0] === lock) this.#grant(name);
    });

  #grant(name: string): void {
    const line = this.locks.get(name);
    const lock = line?.[0];
    if (!lock) return void this.locks.delete(name);
    this.plan(this.chance.below(8), lock.page, () => {
      const over = () => {
        lock.resolve(undefined);
        this.#leave(name, lock);
      };
      void Promise.resolve(lock.hold()).then(over, over);
    });
  }

  #leave(name: string, lock: Lock): void {
    const line = this.locks.get(name);
    if (!line || lock.isOver) return;
    lock.isOver = true;
    const held = line[0] === lock;
    line.splice(line.indexOf(lock), 1);
    if (held) this.#grant(name);
  }

  #channelClass() {
    const open = (name: string) => new Channel(this, this.page as Page, name);
    return function BroadcastChannel(name: string) {
      return open(name);
    };
  }

  #storage() {
    return {
      getItem: (name: string) => this.stored.get(name) ?? null,
      setItem: (name: string, text: string) => {
        this.stored.set(name, text);
        this.#tell(name);
      },
      removeItem: (name: string) => {
        this.stored.delete(name);
        this.#tell(name);
      },
    };
  }

  #tell(key: string): void {
    const others = new Set([...this.listeners].map(({ page }) => page));
    others.delete(this.page as Page);
    for (const page of others) {
      this.plan(this.chance.below(40), page, () => this.happen(page, "storage", { key }));
    }
  }
}

export class Channel {
  onmessage: ((event: { data: unknown }) => void) | undefined;
  readonly page: Page;
  readonly #browser: Browser;
  readonly #name: string;
  /** When what was said last arrives; nothing overtakes it. */
  #last = 0;

  constructor(browser: Browser, page: Page, name: string) {
    this.#browser = browser;
    this.page = page;
    this.#name = name;
    browser.channels.add(this);
  }

  postMessage(said: unknown): void {
    const data = structuredClone(said);
    for (const other of this.#browser.channels) {
      if (other === this || other.#name !== this.#name) continue;
      const { now, chance } = this.#browser;
      other.#last = Math.max(other.#last, now + chance.below(30));
      this.#browser.plan(other.#last - now, other.page, () => {
        if (this.#browser.channels.has(other)) other.onmessage?.({ data });
      });
    }
  }

  close(): void {
    this.#browser.channels.delete(this);
  }
}
