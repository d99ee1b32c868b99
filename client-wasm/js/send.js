// Shapes and sends requests: what has to be exactly the platform's. It decides nothing: it asks the
// engine, synchronously, "may this go, and with what?", sends, and on a 401 asks "now what?". Where the contract lets
// answers say something of the session, it shows them to the engine before anybody else sees them.

import { describe, unlessAborted } from "./backend.js";

/** @typedef {import("./backend.js").Backend} Backend */

/** What `ask` answers instead of a token's number. */
const WAIT = 0;
const REPLACED = -2;

/** What `ask` takes instead of the number of a refused token: "renew now, whatever its age". */
const RENEW = -1;
/** And: "is there a session?", by somebody who does not want one. */
const LOOK = -3;

/** What answers may say of the session: 0 nothing, 1 with a 403 that it is over, and 2 with a header that it is renewed. */
const RENEWALS = 2;

/** Failures that are found here: client-core's `Code` and `Detail`. */
const LOGIN_REQUIRED = 1;
const TIMEOUT = 5;
const MISCONFIGURED = 8;
const USER_REPLACED = 9;
const SAME_TOKEN = 10;

/** What `note` is told of. */
const PASSED_THROUGH = 0;
const RETRIED = 1;

const INCLUDED = /** @type {const} */ ({ credentials: "include" });

/**
 * A path in which the browser would change nothing: no dots, no escapes, nothing empty. Most are such, and `new URL` would be half of
 * what their requests cost.
 */
const PLAIN = /^(\/[\w-]+)+\/?(\?[\w=&-]*)?$/;

/** How many origins are named on the console at most: enough to notice, too few to flood. */
const MOST_WARNINGS = 20;

/**
 * A failure as numbers; the sentences are its reader's.
 *
 * @typedef {{ code: number, detail: number, status: number, retryAfter: number, said?: unknown }} Failure
 */

/**
 * Where a request goes; `place` is without its query, and there is no `origin` but on the web.
 *
 * @typedef {{ origin: string, href: string, place: string }} Address
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

/** `JSON.stringify`, with `undefined` for what is no object of JSON: a `toJSON` may bring anything. */
export function stringify(/** @type {unknown} */ value) {
  try {
    const json = JSON.stringify(value);
    return json.startsWith("{") ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a backend is the page's own origin, so that no header needs a preflight. */
export function isOwnOrigin(/** @type {string} */ base) {
  // To its slash, so that it is compared whole; what is no address is told of where it is used.
  return `${base}/`.startsWith(`${globalThis.location?.origin}/`);
}

export class Sender {
  /** The header, ready to be sent. Private, so that no console prints it by accident. */
  #bearer = "";
  #token = 0;
  /** @type {Set<string>} */
  #warned = new Set();
  #backend;
  /** What a plain path is appended to, and its origin. */
  #base;
  #origin;
  #origins;
  /** @type {Set<string>} `METHOD url` of the auth endpoints */
  #endpoints = new Set();
  #bound;
  #watch;
  #ask;
  #pending;
  #told;
  #note;
  #error;

  /**
   * Throws at an origin that is no address.
   *
   * @param {Backend} backend
   * @param {import("./backend.js").Given} given whose `note` is told of {@link PASSED_THROUGH} and {@link RETRIED}
   * @param {number} bound of a wait, in milliseconds
   * @param {number} watch {@link RENEWALS}, or less
   * @param {(rejected: number) => number} ask
   * @param {() => unknown} pending what the last `ask` refused with, or a promise of it
   * @param {(said: { token: number, ago?: number }) => void} told what the answer to a request with the token of this
   *   number says of the session
   */
  constructor(backend, { allowedOrigins, note, error }, bound, watch, ask, pending, told) {
    const { origin, pathname } = backend.base;
    this.#backend = backend;
    this.#base = origin + pathname.replace(/\/$/, "");
    this.#origin = origin;
    this.#origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin));
    if (allowedOrigins.length === 0) this.#origins.add(origin);
    this.#bound = bound;
    this.#watch = watch;
    this.#ask = ask;
    this.#pending = pending;
    this.#told = told;
    this.#note = note;
    this.#error = error ?? ((/** @type {Failure} */ failure) => failure);
  }

  /** Names an auth endpoint: an application's own request to it goes out as it is. */
  exempt(/** @type {string} */ method, /** @type {string} */ url) {
    const { origin, pathname } = new URL(url);
    this.#endpoints.add(`${method} ${origin}${pathname}`);
  }

  /** The session's token from now on; number 0 for none. */
  adopt(/** @type {string} */ token, /** @type {number} */ number) {
    this.#bearer = number > 0 ? `Bearer ${token}` : "";
    this.#token = number;
  }

  /**
   * The platform's `fetch`, with a token that is good.
   *
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  async fetch(input, init) {
    const address = requestAddress(input);
    const request = address === undefined ? undefined : /** @type {Request} */ (input);
    const url = this.#locate(address ?? /** @type {string | URL} */ (input));
    // A relative path means the backend; whatever else was passed goes to the platform as it is.
    const target = typeof input === "string" ? url.href : input;
    if (!this.#origins.has(url.origin)) {
      this.#warn(url.origin);
      return this.#backend.send(target, init);
    }
    const method = (init?.method ?? request?.method ?? "GET").toUpperCase();
    // Without CORS the platform leaves the token out, so that what is answered says nothing of it.
    const isBare = (init?.mode ?? request?.mode) === "no-cors";
    if (isBare || this.#endpoints.has(`${method} ${url.place}`)) {
      return this.#backend.send(target, init);
    }
    const headers = new Headers(init?.headers ?? request?.headers);
    // Before any wait, since the caller may change them for its next call.
    const options = members(init);
    // An iterator has been read by now, and is empty.
    if (options.headers) options.headers = headers;
    if (headers.has("Authorization")) return this.#backend.send(target, options);
    const signal = init?.signal === undefined ? request?.signal : init.signal;
    signal?.throwIfAborted();
    options.body &&= snapshot(options.body);
    const sends = request ? undefined : this.#options(url, headers, options);
    let used = 0;
    let bearer = "";
    /** @type {(() => Promise<Response>) | undefined} */
    let again;
    const response = await this.#admitted(0, signal, undefined, (token) => {
      used = token;
      bearer = this.#bearer;
      const [send, resend] = sends ?? this.#requests(new Request(input, options));
      again = resend;
      return this.#seen(send, token, url);
    });
    if (response.status !== 401 || !again || !this.#answering(response, url)) return response;

    const resend = again;
    return this.#admitted(used, signal, response, (token) => {
      // A 401 is answered with a different token of the same user, or it is the answer.
      if (token === REPLACED || this.#bearer === bearer) return response;
      discard(response);
      this.#note?.(RETRIED, method, url.place);
      return this.#seen(resend, token, url);
    });
  }

  /**
   * A good token, never the `rejected` one.
   *
   * @param {string | undefined} rejected
   * @param {AbortSignal | undefined} signal
   */
  async token(rejected, signal) {
    const refused = rejected !== undefined && this.#bearer === `Bearer ${rejected}`;
    return this.#admitted(refused ? this.#token : 0, signal, undefined, (token) => {
      if (token === REPLACED) throw this.#error(record(LOGIN_REQUIRED, USER_REPLACED));
      const good = this.#bearer.slice("Bearer ".length);
      if (good !== rejected) return good;
      // It came while this waited, and can be renewed yet.
      if (!refused) return this.token(rejected, signal);
      // The backend renewed the session and gave the same token again.
      throw this.#error(record(MISCONFIGURED, SAME_TOKEN));
    });
  }

  /** Renews now. A login that comes in between and brings a token will do. */
  async refresh(/** @type {AbortSignal | undefined} */ signal) {
    const before = this.#token;
    await this.#admitted(RENEW, signal, undefined, () => undefined, before);
  }

  /** Waits until it is known whether there is a session. */
  async settled() {
    await this.#admitted(LOOK, undefined, undefined, () => undefined);
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

  /**
   * An absolute address stays; `//host` belongs to the base's scheme; all else is appended to its path.
   *
   * @param {string | URL} input
   */
  resolve(input) {
    const { base } = this.#backend;
    const text = String(input).trim();
    if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return new URL(text);
    if (/^[\\/]{2}/.test(text)) return new URL(text, base);
    const path = base.pathname.replace(/\/$/, "");
    return new URL(path + (/^[\\/?#]/.test(text) ? "" : "/") + text, base);
  }

  /** @returns {Address} */
  #locate(/** @type {string | URL} */ input) {
    if (typeof input === "string" && PLAIN.test(input)) {
      const href = this.#base + input;
      return { origin: this.#origin, href, place: /** @type {string} */ (href.split("?")[0]) };
    }
    const { origin, protocol, href, pathname } = this.resolve(input);
    return { origin: protocol.startsWith("http") ? origin : "", href, place: origin + pathname };
  }

  /**
   * Waits until a request may go and lets it: `go` gets the token's number, or {@link REPLACED}, at once, so
   * that nothing comes between the permission and the sending.
   *
   * @template T
   * @param {number} rejected the number of a refused token, 0, {@link RENEW} or {@link LOOK}
   * @param {AbortSignal | null | undefined} signal
   * @param {Response | undefined} cause
   * @param {(token: number) => T | Promise<T>} go
   * @param {number} [before] with {@link RENEW}: the token that is to be renewed
   * @returns {T | Promise<T>}
   */
  #admitted(rejected, signal, cause, go, before) {
    const token = this.#ask(rejected);
    // Nearly all go this way, and without a promise more.
    if (token > 0 || token === REPLACED) return go(token);
    return this.#later(token, rejected, signal, cause, go, before);
  }

  /**
   * @template T
   * @param {number} token what was answered to the first question
   * @param {number} rejected
   * @param {AbortSignal | null | undefined} signal
   * @param {Response | undefined} cause
   * @param {(token: number) => T | Promise<T>} go
   * @param {number} [before]
   * @returns {Promise<T>}
   */
  async #later(token, rejected, signal, cause, go, before) {
    const began = Date.now();
    for (let isFirst = true; token <= 0 && token !== REPLACED; isFirst = false) {
      const pending = this.#pending();
      if (token !== WAIT) throw this.#error(/** @type {Failure} */ (pending), cause);
      // The engine bounds the wait for one thing; a timer bounds the wait for another after it.
      const wait = unlessAborted(pending, signal);
      const failure = await (isFirst ? wait : within(began + this.#bound - Date.now(), wait));
      if (failure) throw this.#error(/** @type {Failure} */ (failure), cause);
      const renewed = rejected === RENEW && this.#token !== before;
      token = this.#ask(renewed ? 0 : rejected);
    }
    return go(token);
  }

  /**
   * Sends a request, and shows its answer to the engine if it may say something of the session.
   *
   * @param {() => Promise<Response>} send
   * @param {number} token
   * @param {Address} url
   */
  #seen(send, token, url) {
    return this.#watch ? this.#show(send, token, url) : send();
  }

  /**
   * @param {() => Promise<Response>} send
   * @param {number} token
   * @param {Address} url
   */
  async #show(send, token, url) {
    const sent = Date.now();
    const response = await send();
    const origin = this.#answering(response, url);
    if (!origin) return response;
    // A newer token before the status: the answer may be a refusal of something else.
    const renewal = this.#includes(origin) && response.headers?.get?.("Authorization");
    if (renewal) this.#told({ token, ago: Date.now() - sent, renewal });
    if (response.status === 403) {
      const said = await within(this.#bound, copy(response));
      this.#told({ token, .../** @type {object} */ (said) });
    }
    return response;
  }

  /**
   * The origin that answered; empty if a redirect led to another, which is not shown the token and says nothing of it. The
   * last redirect counts, where the transport says which that was.
   *
   * @param {Response} response
   * @param {Address} url
   */
  #answering(response, url) {
    const { origin } = new URL(response.url || url.href, url.href);
    return response.redirected && origin !== url.origin ? "" : origin;
  }

  /** Whether cookies go along whatever the caller says: the backend renews by them. */
  #includes(/** @type {string} */ origin) {
    return this.#watch === RENEWALS && origin === this.#origin;
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
    const includes = this.#includes(new URL(request.url).origin);
    const send = (/** @type {Request} */ request) => {
      request.headers.set("Authorization", this.#bearer);
      return this.#backend.send(includes ? new Request(request, INCLUDED) : request);
    };
    return [() => send(bodiless ? request.clone() : request), () => send(spare)];
  }

  /**
   * How to send an address with options, twice unless the body is a stream. No `Request` is made: that
   * would cost ten times as much, and drop members of `init` that only this platform knows.
   *
   * @param {Address} url
   * @param {Headers} headers
   * @param {RequestInit} options a copy
   */
  #options(url, headers, options) {
    if (this.#includes(url.origin)) Object.assign(options, INCLUDED);
    options.headers = headers;
    const send = () => {
      headers.set("Authorization", this.#bearer);
      return this.#backend.send(url.href, options);
    };
    return [send, isStream(options.body) ? undefined : send];
  }

  #warn(/** @type {string} */ origin) {
    // `data:` and `blob:` never leave the page.
    if (!origin) return;
    this.#note?.(PASSED_THROUGH, "", origin);
    if (this.#warned.has(origin) || this.#warned.size === MOST_WARNINGS) return;
    this.#warned.add(origin);
    console.warn(
      `evertoken: ${origin} is not in allowedOrigins, so requests to it go without a token.`,
    );
  }
}

/** The platform's own view of a request's address, which no subclass can colour. */
const addressOf = Object.getOwnPropertyDescriptor(globalThis.Request?.prototype ?? {}, "url")?.get;

/**
 * The address of the `Request` that `input` is, also if it is one of another frame; else `undefined`.
 *
 * @param {unknown} input
 * @returns {string | undefined}
 */
function requestAddress(input) {
  if (typeof input !== "object") return undefined;
  try {
    return addressOf?.call(input);
  } catch {
    // It is a URL, or something else that has a text.
    return undefined;
  }
}

/** The connection of an answer nobody reads would be held. */
function discard(/** @type {Response} */ response) {
  Promise.resolve(response.body?.cancel?.()).catch(() => {});
}

/**
 * What `promise` brings within so many milliseconds; else the failure of a wait that took too long.
 *
 * @param {number} milliseconds
 * @param {Promise<unknown>} promise
 */
function within(milliseconds, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(record(TIMEOUT)), Math.max(milliseconds, 0));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** @returns {Failure} */
function record(/** @type {number} */ code, detail = 0) {
  return failure(code, detail, 0, -1, undefined);
}

/** A refusal as the engine reads it; the caller's own is not touched, and one that cannot be copied not read. */
async function copy(/** @type {Response} */ response) {
  /** @type {object} */
  let said = { status: response.status };
  try {
    const clone = response.clone();
    // Half of it says nothing: it may be a proxy's page.
    said = {};
    said = await describe(clone);
  } catch {
    // What there is counts.
  }
  return said;
}

/**
 * A copy of what `fetch` takes. Members count wherever they come from, as there: own, or a class's accessors.
 *
 * @param {any} init
 * @returns {RequestInit}
 */
function members(init) {
  /** @type {any} */
  const copy = {};
  for (let from = init; from && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const name of Object.getOwnPropertyNames(from)) copy[name] = init[name];
  }
  return copy;
}

/** A form, or bytes, as they are now: their owner may change them while this waits. The other kinds never change. */
function snapshot(/** @type {any} */ body) {
  // Not by a method of its own: Node's Buffer has one that copies nothing, and a DataView none.
  const { buffer = body, byteOffset, byteLength } = body;
  if (byteLength) return new Uint8Array(buffer, byteOffset, byteLength).slice();
  if (!body.append || !body[Symbol.iterator]) return body;
  // Of the platform's class: one's own that is derived from it may begin with members, or need something to begin.
  let kind = body;
  for (let base = body; base.append; base = Object.getPrototypeOf(base)) kind = base;
  const copy = new kind.constructor();
  for (const [name, value] of body) copy.append(name, value);
  return copy;
}

function isStream(/** @type {any} */ body) {
  // Somebody's own Blob may be iterated so, and has a size.
  return body?.getReader || (body?.[Symbol.asyncIterator] && !("size" in body));
}
