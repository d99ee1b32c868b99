// Shapes and sends requests: what has to be exactly the platform's. It decides nothing: it asks the
// engine, synchronously, "may this go, and with what?", sends, and on a 401 asks "now what?".

/** What `ask` answers instead of a token's number. */
const WAIT = 0;
const REPLACED = -2;

/** What `ask` takes instead of the number of a refused token: "renew now, whatever its age". */
const RENEW = -1;

/** The code of a wait that took too long (client-core's `Code::Timeout`). */
const TIMEOUT = 5;

/** What `note` is told of. */
const PASSED_THROUGH = 0;
const RETRIED = 1;

/** What kind of body an answer has. */
const PLAIN = 0;
const HTML = 1;

/** How many origins are named on the console at most: enough to notice, too few to flood. */
const MOST_WARNINGS = 20;

/**
 * A failure as numbers; the sentences are its reader's.
 *
 * @typedef {{ code: number, detail: number, status: number, retryAfter: number, said?: unknown }} Failure
 */

/** @returns {Failure} */
export function failure(
  /** @type {number} */ code,
  /** @type {number} */ detail,
  /** @type {number} */ status,
  /** @type {number} */ retryAfter,
  /** @type {unknown} */ said,
) {
  return { code, detail, status, retryAfter, said };
}

/** `JSON.stringify`, with `undefined` for what cannot be JSON. */
export function stringify(/** @type {unknown} */ value) {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

export class Sender {
  /** The header, ready to be sent. Private, so that no console prints it by accident. */
  #bearer = "";
  #token = 0;
  /** @type {Set<string>} */
  #warned = new Set();
  #platform;
  #base;
  #origins;
  /** @type {Set<string>} `METHOD url` of the auth endpoints */
  #endpoints = new Set();
  /** Of the last {@link exchange}. */
  #controller = new AbortController();
  #bound;
  #ask;
  #pending;
  #note;
  #error;

  /**
   * Throws at a base or an origin that is no address, and where there is no `fetch`.
   *
   * @param {typeof fetch | undefined} platform what to send with, if not with the global `fetch`
   * @param {string} base where relative paths and the auth endpoints belong
   * @param {string[]} origins where the token may go; none for the base's own
   * @param {number} bound of a wait, in milliseconds
   * @param {(rejected: number) => number} ask
   * @param {() => unknown} pending what the last `ask` refused with, or a promise of it
   * @param {(kind: number, method: string, url: string) => void} [note] told of {@link PASSED_THROUGH} and {@link RETRIED}
   * @param {(failure: Failure, cause?: Response) => unknown} [error] makes what is thrown
   */
  constructor(platform = fetch, base, origins, bound, ask, pending, note, error) {
    // Called as a function: the platform's own is no method of this object.
    /** @type {typeof fetch} */
    this.#platform = (input, init) => platform(input, init);
    this.#base = new URL(base);
    if (!this.#base.protocol.startsWith("http")) throw new TypeError(base);
    const allowed = origins.length > 0 ? origins : [base];
    this.#origins = new Set(allowed.map((origin) => new URL(origin).origin));
    this.#bound = bound;
    this.#ask = ask;
    this.#pending = pending;
    this.#note = note;
    this.#error = error ?? ((/** @type {Failure} */ failure) => failure);
  }

  /** Names an auth endpoint: an application's own request to it goes out as it is. */
  exempt(/** @type {string} */ method, /** @type {string} */ path) {
    this.#endpoints.add(`${method} ${this.#endpoint(path)}`);
  }

  /** The session's token from now on; number 0 for none. */
  adopt(/** @type {string} */ token, /** @type {number} */ number) {
    this.#bearer = number > 0 ? `Bearer ${token}` : "";
    this.#token = number;
  }

  /**
   * Asks an auth endpoint. Rejects if no answer comes.
   *
   * @param {string} method
   * @param {string} path
   * @param {string} query
   * @param {string | undefined} body JSON
   */
  async exchange(method, path, query, body) {
    this.#controller = new AbortController();
    const headers = new Headers({ Accept: "application/json" });
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const response = await this.#platform(this.#endpoint(path) + query, {
      method,
      headers,
      body,
      // The refresh token is a cookie, and the backend may be another origin of this site.
      credentials: "include",
      cache: "no-store",
      signal: this.#controller.signal,
    });
    const text = await response.text();
    // Somebody's own transport may bring less than a `Response`.
    const header = (/** @type {string} */ name) => response.headers?.get?.(name);
    const isHtml = /html/i.test(header("Content-Type") ?? "") || /^\s*</.test(text);
    return {
      status: response.status,
      media: isHtml ? HTML : PLAIN,
      challenge: header("WWW-Authenticate"),
      retryAfter: header("Retry-After"),
      body: parse(text),
    };
  }

  /** Stops waiting for the answer to the last {@link exchange}. */
  abort() {
    this.#controller.abort();
  }

  /**
   * The platform's `fetch`, with a token that is good.
   *
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  async fetch(input, init) {
    const request = isRequest(input);
    const url = request ? new URL(input.url) : resolve(input, this.#base);
    // A relative path means the backend; whatever else was passed goes to the platform as it is.
    const target = typeof input === "string" ? url.href : input;
    const method = (init?.method ?? (request ? input.method : "GET")).toUpperCase();
    const place = url.origin + url.pathname;
    if (!this.#origins.has(url.origin)) {
      this.#warn(url.origin);
      return this.#platform(target, init);
    }
    const headers = new Headers(init?.headers ?? (request ? input.headers : undefined));
    if (this.#endpoints.has(`${method} ${place}`) || headers.has("Authorization")) {
      return this.#platform(target, init);
    }
    const signal = init?.signal ?? (request ? input.signal : undefined);
    signal?.throwIfAborted();
    const token = await this.#admit(0, signal);
    const [send, again] = request
      ? this.#requests(new Request(input, init))
      : this.#options(url.href, headers, init);
    const response = await send();
    if (response.status !== 401 || !again) return response;

    const next = await this.#admit(token, signal, response);
    if (next === REPLACED) return response;
    // The answer nobody reads would hold its connection.
    response.body?.cancel().catch(() => {});
    this.#note?.(RETRIED, method, place);
    return again();
  }

  /**
   * A good token, never the `rejected` one.
   *
   * @param {string | undefined} rejected
   * @param {AbortSignal | undefined} signal
   */
  async token(rejected, signal) {
    signal?.throwIfAborted();
    const refused = rejected !== undefined && this.#bearer === `Bearer ${rejected}`;
    await this.#admit(refused ? this.#token : 0, signal);
    return this.#bearer.slice("Bearer ".length);
  }

  /** Renews now. */
  async refresh(/** @type {AbortSignal | undefined} */ signal) {
    signal?.throwIfAborted();
    await this.#admit(RENEW, signal);
  }

  /**
   * What `promise` brings, unless the signal comes first.
   *
   * @template T
   * @param {Promise<T>} promise
   * @param {AbortSignal} [signal]
   */
  wait(promise, signal) {
    return unlessAborted(promise, signal);
  }

  #endpoint(/** @type {string} */ path) {
    return this.#base.origin + this.#base.pathname.replace(/\/+$/, "") + path;
  }

  /**
   * Waits until a request may go and returns its token's number, or {@link REPLACED}.
   *
   * @param {number} rejected
   * @param {AbortSignal | null | undefined} signal
   * @param {Response} [cause]
   */
  async #admit(rejected, signal, cause) {
    const began = Date.now();
    for (;;) {
      const token = this.#ask(rejected);
      if (token > 0 || token === REPLACED) return token;
      const pending = this.#pending();
      const failure = token === WAIT ? await unlessAborted(pending, signal) : pending;
      if (failure) throw this.#error(/** @type {Failure} */ (failure), cause);
      // A renewal that was asked for has happened.
      if (rejected === RENEW) rejected = 0;
      // One wait is bounded by the engine; this bounds many in a row.
      if (Date.now() - began > 2 * this.#bound) {
        throw this.#error({ code: TIMEOUT, detail: 0, status: 0, retryAfter: -1 }, cause);
      }
    }
  }

  /**
   * How to send a `Request`, twice if need be. Built anew it is the caller's in every respect, and the
   * caller's own counts as used, as it would after `fetch`.
   *
   * @param {Request} request
   */
  #requests(request) {
    // Firefox has no `body` to look at.
    const bodiless = request.body === null || request.method === "GET" || request.method === "HEAD";
    const spare = bodiless ? request : request.clone();
    const send = (/** @type {Request} */ request) => {
      request.headers.set("Authorization", this.#bearer);
      return this.#platform(request);
    };
    return [() => send(bodiless ? request.clone() : request), () => send(spare)];
  }

  /**
   * How to send an address with options, twice unless the body is a stream. No `Request` is made: that
   * would cost ten times as much, and drop members of `init` that only this platform knows.
   *
   * @param {string} url
   * @param {Headers} headers
   * @param {RequestInit | undefined} init
   */
  #options(url, headers, init) {
    /** @type {Record<string, unknown>} */
    const options = {};
    // Members count wherever they come from, as for `fetch`: own, or a class's accessors.
    for (const name in init) options[name] = init[/** @type {keyof RequestInit} */ (name)];
    options.headers = headers;
    const send = () => {
      headers.set("Authorization", this.#bearer);
      return this.#platform(url, options);
    };
    return [send, isStream(init?.body) ? undefined : send];
  }

  #warn(/** @type {string} */ origin) {
    this.#note?.(PASSED_THROUGH, "", origin);
    if (this.#warned.has(origin) || this.#warned.size === MOST_WARNINGS) return;
    this.#warned.add(origin);
    console.warn(
      `evertoken: ${origin} is not in allowedOrigins, so requests to it go without a token.`,
    );
  }
}

/**
 * What `promise` brings, unless the signal comes first: then its reason. The promise goes on for others.
 *
 * @template T
 * @param {T | Promise<T>} promise
 * @param {AbortSignal | null | undefined} signal
 * @returns {Promise<T>}
 */
function unlessAborted(promise, signal) {
  if (!signal) return Promise.resolve(promise);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * @param {unknown} input
 * @returns {input is Request}
 */
function isRequest(input) {
  // Not `instanceof`: a Request of a frame's is one too. A URL has no `url`.
  return typeof input === "object" && input !== null && "url" in input;
}

/**
 * An absolute address stays; `//host` belongs to the base's scheme; all else is appended to its path.
 *
 * @param {string | URL} input
 * @param {URL} base
 */
function resolve(input, base) {
  const text = String(input).trim();
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return new URL(text);
  if (/^[\\/]{2}/.test(text)) return new URL(text, base);
  const path = base.pathname.replace(/\/$/, "");
  return new URL(path + (/^[\\/?#]/.test(text) ? "" : "/") + text, base);
}

/** `JSON.parse`, with `undefined` for what is no JSON. */
function parse(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStream(/** @type {unknown} */ body) {
  return (
    typeof body === "object" &&
    body !== null &&
    ("getReader" in body || (Symbol.asyncIterator in body && !("size" in body)))
  );
}
