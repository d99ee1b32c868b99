// A backend of a few lines, in place of the network, and a platform, in place of the page's own. One module: the test
// runner's server may never answer a page that asks for one more at the same time.

// The backend issues tokens, accepts the newest, and does what a test tells it. What it received it keeps.

export class Backend {
  issued = 0;
  accepted = "";
  lifetime = 900;
  subject = "u1";
  /** Whether keys are handed out. */
  keys = false;
  received = [];
  #scripts = new Map();
  #held = new Map();

  get fetch() {
    return (input, init) => this.#answer(input, init);
  }

  /** The next `count` requests to `path` are answered so; a status of 0 is a network error. */
  script(path, count, status, body, headers) {
    this.#scripts.set(path, {
      count,
      status,
      body,
      headers: JSON.parse(headers),
    });
  }

  /** Requests to `path` are answered only after `release`. */
  hold(path) {
    const gate = {};
    gate.open = new Promise((resolve) => (gate.release = resolve));
    this.#held.set(path, gate);
  }

  release(path) {
    this.#held.get(path).release();
    this.#held.delete(path);
  }

  /** From now on the newest token is refused. */
  spoil() {
    this.accepted = "nothing";
  }

  count(path) {
    return this.received.filter((request) => request.path === path).length;
  }

  /** What the `n`-th request of all held, as JSON. */
  at(n) {
    return JSON.stringify(this.received[n] ?? null);
  }

  forget() {
    this.received.length = 0;
  }

  /** What the `n`-th request to `path` held, as JSON. */
  nth(path, n) {
    return JSON.stringify(this.received.filter((request) => request.path === path)[n] ?? null);
  }

  async #answer(input, init = {}) {
    const whole = typeof input === "object" && "url" in input;
    const url = new URL(whole ? input.url : input);
    const headers = new Headers(init.headers ?? (whole ? input.headers : undefined));
    const request = {
      path: url.origin === "https://api.test" ? url.pathname + url.search : url.href,
      method: init.method ?? (whole ? input.method : "GET"),
      authorization: headers.get("authorization"),
      marker: headers.get("x-marker"),
      type: headers.get("content-type"),
      key: headers.get("idempotency-key"),
      body: await text(whole && init.body === undefined ? input : init.body),
      priority: init.priority,
      keepalive: init.keepalive,
      only: init.onlyThisPlatform,
      wasRequest: whole,
    };
    this.received.push(request);
    const signal = init.signal ?? (whole ? input.signal : undefined);
    await Promise.race([this.#held.get(request.path)?.open, aborted(signal)]);
    const script = this.#scripts.get(request.path);
    if (script && script.count-- > 0) {
      if (script.status === 0) throw new TypeError("Failed to fetch");
      const body = script.body === "" ? null : script.body;
      return new Response(body, {
        status: script.status,
        headers: script.headers,
      });
    }
    return this.#usual(request, url);
  }

  #usual(request, url) {
    switch (url.pathname) {
      case "/auth/login":
      case "/auth/refresh":
        this.issued += 1;
        this.accepted = `token-${this.issued}`;
        return json(200, {
          accessToken: this.accepted,
          expiresIn: this.lifetime,
          ...(this.keys && { refreshKey: `${this.issued}.key` }),
          user: { id: this.subject, email: "user@example.com" },
        });
      case "/auth/logout":
        return json(200, { success: true });
      default:
        return request.authorization === `Bearer ${this.accepted}` || url.pathname === "/open"
          ? json(200, { ok: true })
          : json(401, { error: "invalid_token" });
    }
  }
}

function json(status, body) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });
}

/** A body as the wire would carry it. */
async function text(body) {
  if (body === undefined || body === null) return "";
  return body instanceof Request ? body.text() : new Response(body).text();
}

function aborted(signal) {
  return new Promise((_, reject) => {
    if (!signal) return;
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** What can be passed to `fetch`, by name. */
export function input(name) {
  const post = (body, more) => ({
    method: "POST",
    body,
    headers: { "X-Marker": "m" },
    ...more,
  });
  const url = "https://api.test/echo";
  const form = new FormData();
  form.append("field", "value");
  switch (name) {
    case "string":
      return ["/echo", post("text")];
    case "url":
      return [new URL(url), post("text")];
    case "request":
      return [new Request(url, post("text"))];
    case "request and init":
      return [new Request(url, { method: "POST", body: "old" }), post("text")];
    case "request as init":
      return ["/echo", new Request("https://api.test/other", post("text")), { text: true }];
    case "blob":
      return ["/echo", post(new Blob(["text"]))];
    case "buffer":
      return ["/echo", post(new TextEncoder().encode("text").buffer)];
    case "view":
      return ["/echo", post(new TextEncoder().encode("text"))];
    case "parameters":
      return ["/echo", post(new URLSearchParams({ field: "value" }))];
    case "form":
      return ["/echo", post(form)];
    case "stream":
      return ["/echo", post(new Blob(["text"]).stream(), { duplex: "half" })];
    case "own members":
      return ["/open", { priority: "low", onlyThisPlatform: 7 }];
    case "inherited members":
      return ["/open", Object.create({ priority: "low", onlyThisPlatform: 7 })];
    case "own authorization":
      return ["/echo", { headers: { AUTHORIZATION: "Basic abc" } }];
    case "own authorization in a request":
      return [new Request(url, { headers: { Authorization: "Basic abc" } })];
    default:
      return [name];
  }
}

/** Calls a sender's `fetch` and tells how it ended, as JSON: a status, or what was thrown. */
export async function call(sender, name, signal) {
  const [target, init] = input(name);
  return settle(sender.fetch(target, signal ? { ...init, signal } : init));
}

export async function settle(promise) {
  try {
    const response = await promise;
    return JSON.stringify({ status: response?.status });
  } catch (error) {
    return JSON.stringify({
      code: error?.code,
      thrown: error?.name,
      message: error?.message ?? String(error),
      cause: error?.cause?.status,
    });
  }
}

export function post(sender, path) {
  return settle(sender.fetch(path, { method: "POST" }));
}

// Transports no platform has.
export const throwing = () => () => {
  throw new Error("no transport");
};
export const resolvingWithNothing = () => async () => undefined;
export const withoutText = () => async () => ({ status: 200 });

export const rotation = () => ({
  renewal: 0,
  login: { path: "/auth/login", method: "POST", body: 1 },
  refresh: { path: "/auth/refresh", method: "POST", body: 0 },
  logout: { path: "/auth/logout", method: "POST", body: 0 },
  fields: {
    accessToken: "accessToken",
    expiresIn: "expiresIn",
    expiresAt: "expiresAt",
    refreshKey: "refreshKey",
    user: "user",
  },
  credentials: 2,
  denied: [401],
});

export function circular() {
  const self = {};
  self.self = self;
  return self;
}

/** What the package does with a failure: an object with the response it came of. */
export const toError = (failure, cause) => ({ ...failure, cause });

const realNow = Date.now;
let ahead = 0;

/** Sets the wall clock forward, as sleep does. */
export function sleep(ms) {
  ahead += ms;
  Date.now = () => realNow() + ahead;
}

/** The delays `setTimeout` is asked for from now on. */
export function delays() {
  const asked = [];
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (callback, delay, ...rest) => {
    asked.push(delay);
    return real(callback, delay, ...rest);
  };
  return asked;
}

/** What the browser keeps for clients of this backend, and nothing else. */
export function stored() {
  return JSON.stringify(Object.entries(localStorage).filter(([name]) => name.includes("api.test")));
}

// What a browser has beside the network, as a test wants it, until it is put back.

export class Platform {
  /** Those who wait for a lock. */
  #wishes = [];
  held = 0;
  /** The channels that are open. */
  #channels = new Set();
  #said = [];
  #kept = new Map();
  /** How often the storage was read. */
  reads = 0;
  #own = new Map();

  /** With locks that are granted when the test says so, a channel to nobody, and a storage that is empty. */
  constructor() {
    this.#replace(navigator, "locks", {
      value: { request: (...asked) => this.#request(...asked) },
    });
    this.#replace(globalThis, "BroadcastChannel", {
      value: channelOf(this.#channels, this.#said),
    });
    this.#replace(globalThis, "localStorage", { value: this.#storage() });
  }

  restore() {
    for (const [name, [object, own]] of this.#own) {
      delete object[name];
      if (own) Object.defineProperty(object, name, own);
    }
  }

  get waiting() {
    return this.#wishes.length;
  }

  /** Whoever waits for the lock has it. */
  grant() {
    for (const grant of this.#wishes.splice(0)) grant();
  }

  withoutLocks() {
    this.#replace(navigator, "locks", { value: undefined });
  }

  refuseLocks() {
    const request = () => Promise.reject(new DOMException("no origin", "SecurityError"));
    this.#replace(navigator, "locks", { value: { request } });
  }

  get channels() {
    return this.#channels.size;
  }

  /** Everything that was said. */
  get said() {
    return JSON.stringify(this.#said);
  }

  /** Another version says things that nobody here understands; returns how many. */
  talkNonsense() {
    const now = Date.now();
    const all = [undefined, null, 7, "9", [], [now], [now, 7], [now, ""], ["9", "x"], {}];
    all.push([now, "9 99 never heard of"], [{}, {}, {}, {}], [now, "\u0000".repeat(10_000)]);
    for (const channel of this.#channels) for (const data of all) channel.onmessage({ data });
    return all.length;
  }

  withoutChannels() {
    const value = class {
      constructor() {
        throw new DOMException("no origin", "SecurityError");
      }
    };
    this.#replace(globalThis, "BroadcastChannel", { value });
  }

  /** Everything that is kept. */
  get kept() {
    return JSON.stringify([...this.#kept]);
  }

  forbidStorage() {
    const get = () => {
      throw new DOMException("not for this page", "SecurityError");
    };
    this.#replace(globalThis, "localStorage", { get });
  }

  /** Another tab has written, under the name of something that is kept here or, if there is none, a stranger's. */
  tellOfStorage(own) {
    const key = own ? [...this.#kept.keys()][0] : "somebody else's";
    dispatchEvent(new StorageEvent("storage", { key }));
  }

  /** The page goes through this. */
  happens(what) {
    const persisted = what === "pageshow kept";
    const type = what.split(" ")[0];
    dispatchEvent(
      type === "pageshow" ? new PageTransitionEvent(type, { persisted }) : new Event(type),
    );
  }

  #replace(object, name, descriptor) {
    if (!this.#own.has(name)) {
      this.#own.set(name, [object, Object.getOwnPropertyDescriptor(object, name)]);
    }
    Object.defineProperty(object, name, { ...descriptor, configurable: true });
  }

  #request(_name, { signal }, hold) {
    return new Promise((resolve, reject) => {
      const grant = async () => {
        this.held += 1;
        resolve(await hold());
        this.held -= 1;
      };
      this.#wishes.push(grant);
      signal.addEventListener("abort", () => {
        this.#wishes = this.#wishes.filter((wish) => wish !== grant);
        reject(signal.reason);
      });
    });
  }

  #storage() {
    return {
      getItem: (name) => {
        this.reads += 1;
        return this.#kept.get(name) ?? null;
      },
      setItem: (name, text) => this.#kept.set(name, text),
      removeItem: (name) => this.#kept.delete(name),
    };
  }
}

const channelOf = (channels, said) =>
  class {
    onmessage = () => {};
    constructor() {
      channels.add(this);
    }
    postMessage(data) {
      said.push(data);
    }
    close() {
      channels.delete(this);
    }
  };
