// What the browser does for the shell in a few lines: promises, parsed answers, storage, locks, the channel between
// tabs, the events of a page, randomness. One module, because each is a request of its own where nothing bundles
// them.

/** A promise that somebody else fulfils. */
export class Deferred {
  /** @type {(value: unknown) => void} */
  settle = () => {};
  promise = new Promise((resolve) => (this.settle = resolve));
}

/**
 * Calls `settled` with what a promise brings, or with `null` if it is rejected.
 *
 * @param {Promise<unknown>} promise
 * @param {(brought: unknown) => void} settled
 */
export function when(promise, settled) {
  promise.then(settled, () => settled(null));
}

// What a backend said, seen through dotted paths. Base64 and the text of numbers are the browser's.

/**
 * The value at a dotted path; `undefined` if there is none.
 *
 * @param {any} value
 * @param {string} path
 */
export function at(value, path) {
  try {
    return path.split(".").reduce((value, name) => Reflect.get(value, name), value);
  } catch {
    // Something on the way is no object, or has a getter that throws.
    return undefined;
  }
}

/**
 * The string at `path`. A number counts: an id may be one.
 *
 * @param {unknown} value
 * @param {string} path
 */
export function text(value, path) {
  const found = at(value, path);
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}

/**
 * The number at `path`, `NaN` if there is none. A string that is a number counts.
 *
 * @param {unknown} value
 * @param {string} path
 */
export function number(value, path) {
  const found = at(value, path);
  return typeof found === "number" || (typeof found === "string" && found.trim()) ? +found : NaN;
}

/**
 * The name or the value (0, 1) of the member in this place of the object at `path`; `undefined` after the last.
 *
 * @param {unknown} value
 * @param {string} path
 * @param {number} place
 * @param {number} side
 * @returns {string | undefined}
 */
export function entry(value, path, place, side) {
  const found = Object.entries(at(value, path) ?? {})[place]?.[side];
  return found === undefined ? undefined : String(found);
}

/**
 * The claims of the JWT at `path`, read and not verified; `undefined` if it is none.
 *
 * @param {unknown} value
 * @param {string} path
 */
export function claims(value, path) {
  const token = at(value, path);
  try {
    const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    const read = JSON.parse(new TextDecoder().decode(bytes));
    return Object(read) === read ? read : undefined;
  } catch {
    return undefined;
  }
}

/** A grant that came without a body. */
export function grant(/** @type {string} */ accessToken) {
  return { accessToken };
}

// What a browser keeps from one start to the next. Where there is no storage, or none is allowed, nothing is kept.

export function kept(/** @type {string} */ name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return undefined;
  }
}

/** Keeps a text, or forgets what was kept. */
export function keep(/** @type {string} */ name, /** @type {string | undefined} */ text) {
  try {
    if (text === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // The next start asks the backend without it.
  }
}

/**
 * Calls `held(op)` once the lock is held; soon where there are no locks, or no name. Returns, before that, what gives it
 * back, or stops waiting for it.
 *
 * @param {string} name
 * @param {number} op
 * @param {(op: number) => void} held
 */
export function lock(name, op, held) {
  const { promise, settle } = new Deferred();
  const waiting = new AbortController();
  const hold = () => {
    held(op);
    return promise;
  };
  // A page without an origin has locks that refuse; it shares no cookies either. Where there are none it is not held at
  // once either, so that nobody is told of an exchange within their own call.
  const asked = async () => {
    /** @type {any} */
    const locks = name && globalThis.navigator?.locks;
    return locks.request(name, { signal: waiting.signal }, hold);
  };
  asked().catch(() => waiting.signal.aborted || held(op));
  return () => {
    settle(undefined);
    waiting.abort();
  };
}

/** Whether tabs can talk to each other here. */
export function hasChannels() {
  return typeof BroadcastChannel === "function";
}

/** What the tabs of an origin say to each other. Where there is no way to, nothing is heard. */
export class Channel {
  /** @type {BroadcastChannel | undefined} */
  #channel;
  #name;
  #heard;

  /**
   * @param {string} name
   * @param {(said: unknown) => void} heard
   */
  constructor(name, heard) {
    this.#name = name;
    this.#heard = heard;
    this.open();
  }

  open() {
    this.close();
    try {
      this.#channel = new BroadcastChannel(this.#name);
      this.#channel.onmessage = (event) => this.#heard(event.data);
    } catch {
      // No such thing here, or not for this page.
    }
  }

  /** Says something: when, what, and what goes with it. */
  post(/** @type {string} */ text, /** @type {unknown} */ token, /** @type {unknown} */ user) {
    try {
      this.#channel?.postMessage([Date.now(), text, token, user]);
    } catch {
      // A user that cannot be copied: the others will ask the backend.
    }
  }

  close() {
    const channel = this.#channel;
    this.#channel = undefined;
    try {
      channel?.close();
    } catch {
      // Nobody hears it any more, closed or not.
    }
  }
}

/**
 * Calls `told` with a number for what a page goes through: 0 another tab stored something under `name`, 1 online,
 * 2 offline, 3 left, 4 back from where it was kept, 5 looked at again. Returns what ends it.
 *
 * @param {string} name
 * @param {(what: number) => void} told
 */
export function listen(name, told) {
  const listening = new AbortController();
  /** @type {[string, (event: any) => number | false][]} */
  const events = [
    ["storage", ({ key }) => (key === null || key.startsWith(name)) && 0],
    ["online", () => 1],
    ["offline", () => 2],
    ["pagehide", () => 3],
    ["pageshow", ({ persisted }) => persisted && 4],
    ["visibilitychange", () => document.visibilityState === "visible" && 5],
  ];
  for (const [type, meaning] of events) {
    const listener = (/** @type {Event} */ event) => {
      const what = meaning(event);
      if (what !== false) told(what);
    };
    globalThis.addEventListener?.(type, listener, { signal: listening.signal });
  }
  return () => listening.abort();
}

/** Randomness for jitter and keys: 53 bits, which is what a number holds. */
export function seed() {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 21) * 2 ** 32 + low;
}
