// Asks the auth endpoints, and holds the refresh token where that is not a cookie. It decides nothing: what is sent
// and when, and what an answer means, is the engine's.

/** What kind of body a request has; any other number is none. */
const JSON_BODY = 1;
const FORM = 2;

/** What kind of body an answer has. */
const PLAIN = 0;
const HTML = 1;

/** By the engine's number. */
const CREDENTIALS = /** @type {const} */ (["omit", "same-origin", "include"]);

/**
 * @typedef {object} TokenStorage
 * @property {() => unknown} get
 * @property {(token: string) => unknown} set
 * @property {() => unknown} remove
 */

/**
 * What a page gives a client, and JavaScript reads.
 *
 * @typedef {object} Given
 * @property {string} baseUrl
 * @property {string[]} allowedOrigins where the token may go; none for the backend's own
 * @property {typeof globalThis.fetch} [fetch] what to send with, if not with the global `fetch`
 * @property {TokenStorage} [storage] where the refresh token is kept; without it, here
 * @property {() => Promise<unknown>} [reauthenticate] brings credentials when the session cannot be renewed
 * @property {(kind: number, method: string, url: string) => void} [note] told of what `send.js` does
 * @property {(failure: import("./send.js").Failure, cause?: Response) => unknown} [error] makes what is thrown
 */

/**
 * What a Rust front end gives.
 *
 * @param {string} baseUrl
 * @param {string[]} allowedOrigins
 * @param {Given["fetch"]} fetch
 * @param {Given["storage"]} storage
 * @param {Given["reauthenticate"]} reauthenticate
 * @returns {Given}
 */
export function given(baseUrl, allowedOrigins, fetch, storage, reauthenticate) {
  return { baseUrl, allowedOrigins, fetch, storage, reauthenticate };
}

export class Backend {
  /** Where relative paths and the auth endpoints belong. */
  base;
  #platform;
  #credentials;
  #vault;
  #reauthenticate;
  /** Of the last thing that is waited for. */
  #controller = new AbortController();
  /** @type {AbortController | undefined} Of the last {@link credentials}. */
  #asking;
  /** @type {Promise<unknown> | undefined} Its answer, which may come when nobody waits any more. */
  #asked;
  /** The refresh token that was presented last. */
  #presented = "";
  /** Whether the next exchange that may go on without the page does: not if the browser may have refused the last. */
  #lasts = true;
  /** A session was handed over since, and what is answered now is not its own. */
  #overtaken = false;

  /**
   * Throws at a base that is no address, and where there is no `fetch`.
   *
   * @param {Given} given
   * @param {number} credentials whether cookies go along to the auth endpoints
   */
  constructor({ fetch: platform = fetch, baseUrl, storage, reauthenticate }, credentials) {
    this.#platform = platform;
    this.base = new URL(baseUrl);
    if (!this.base.protocol.startsWith("http")) throw new TypeError(baseUrl);
    this.#credentials = CREDENTIALS[credentials];
    this.#vault = new Vault(storage);
    this.#reauthenticate = reauthenticate;
  }

  /**
   * Sends a request as it is. Called as a function: the platform's own is no method of this object.
   *
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [init]
   */
  send(input, init) {
    const platform = this.#platform;
    return platform(input, init);
  }

  /** Where an auth endpoint is. */
  address(/** @type {string} */ path) {
    return this.base.origin + this.base.pathname.replace(/\/+$/, "") + path;
  }

  /**
   * Asks an auth endpoint. Rejects if no answer comes; brings `undefined` if the refresh token belongs into the request
   * and there is none.
   *
   * @param {string} method
   * @param {string} path
   * @param {number} kind
   * @param {Form} form
   * @param {string | undefined} token what the refresh token is called in the form
   * @param {string | undefined} key names this generation, so that a repetition is known for one
   * @param {boolean} lasts goes on when the page is left, so that the cookie it brings is kept. Browsers refuse that
   *   when too much of the kind is under way, and do not say so: after a failure the next goes without.
   */
  async exchange(method, path, kind, form, token, key, lasts) {
    const { signal } = (this.#controller = new AbortController());
    this.#overtaken = false;
    if (token !== undefined) {
      this.#presented = String((await unlessAborted(this.#vault.get(), signal)) ?? "");
      // It may be another session's by now, which an answer that nobody reads would end.
      if (this.#overtaken) throw new Error();
      if (!this.#presented) return undefined;
      form.put(token, this.#presented);
    }
    const headers = new Headers({ Accept: "application/json" });
    if (key !== undefined) headers.set("Idempotency-Key", key);
    const keepalive = lasts && this.#lasts;
    this.#lasts = !keepalive;
    const response = await this.send(this.address(path), {
      method,
      headers,
      body: form.encode(kind, headers),
      credentials: this.#credentials,
      cache: "no-store",
      keepalive,
      signal,
    });
    // Somebody's own transport may bring what `fetch` rejects with.
    if (response.type === "error") throw response;
    this.#lasts = true;
    const answer = await describe(response);
    // Somebody's own transport may not know of signals; whoever was told that no answer came gets none.
    signal.throwIfAborted();
    return answer;
  }

  /** Stops waiting for the answer to the last {@link exchange}, or for {@link credentials}. */
  abort() {
    this.#controller.abort();
  }

  /** Whether the application can sign in without asking anybody. */
  get signsIn() {
    return this.#reauthenticate !== undefined;
  }

  /** What the application signs in with. It is asked for one thing at a time, however long that takes. */
  credentials() {
    const { signal } = (this.#asking = this.#controller = new AbortController());
    this.#asked ??= (async () => this.#reauthenticate?.())().finally(
      () => (this.#asked = undefined),
    );
    return unlessAborted(this.#asked, signal);
  }

  /** Nobody waits any longer. What was sent is answered all the same, and may bring a cookie. */
  leave() {
    this.#asking?.abort();
  }

  /** Holds the refresh token that a login brought; `undefined`: it brought none, and there is none. */
  async keep(/** @type {string | undefined} */ token) {
    if (!this.#overtaken) await this.#vault.set(token);
  }

  /** Holds this in place of the refresh token that was presented last, or nothing: that one is good for nothing now. */
  async replace(/** @type {string | undefined} */ token) {
    if (!this.#overtaken) await this.#vault.replace(this.#presented, token);
  }

  /** Holds the refresh token of a session that was obtained elsewhere. */
  handOver(/** @type {string | undefined} */ token) {
    this.#overtaken = true;
    this.#vault.set(token);
  }
}

/**
 * The refresh token where it is no cookie. What happens to it happens in order; it is in no other place, and private,
 * so that no console prints it by accident.
 */
class Vault {
  /** @type {string | undefined} */
  #token;
  /** The storage does not have it: it is slow, or refused. What it has then is spent. */
  #unsaved = false;
  #storage;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  constructor(/** @type {TokenStorage | undefined} */ storage) {
    this.#storage = storage;
  }

  /** Other tabs may have written it, so it is read anew. */
  get() {
    return this.#then(() => (this.#storage && !this.#unsaved ? this.#storage.get() : this.#token));
  }

  /** Never rejects: what cannot be stored is held here. */
  async set(/** @type {string | undefined} */ token) {
    this.#token = token;
    this.#unsaved = true;
    try {
      await this.#then(() => (token ? this.#storage?.set(token) : this.#storage?.remove()));
      if (this.#token === token) this.#unsaved = false;
    } catch {
      // The package's wrapper has told the application.
    }
  }

  /** Puts one token in the place of another, and of no other that came in between: another tab was handed a session. */
  async replace(/** @type {string} */ old, /** @type {string | undefined} */ token) {
    const held = await this.get().catch(() => old);
    if (String(held ?? "") === old) await this.set(token);
  }

  #then(/** @type {() => unknown} */ next) {
    const turn = this.#last.then(next);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** What goes into a request's body. */
export class Form {
  /** @type {Record<string, unknown>} */
  #members;

  /** @param {string | undefined} json what a caller gave, which is sent as it is */
  constructor(json) {
    this.#members = json === undefined ? {} : JSON.parse(json);
  }

  /** Calls a member by the name it has on the wire. */
  rename(/** @type {string} */ from, /** @type {string} */ to) {
    const { [from]: value, ...others } = this.#members;
    if (value !== undefined) this.#members = { [to]: value, ...others };
  }

  /** A value that the caller's own goes before. */
  preset(/** @type {string} */ name, /** @type {unknown} */ value) {
    this.#members[name] ??= value;
  }

  put(/** @type {string} */ name, /** @type {string} */ value) {
    this.#members[name] = value;
  }

  /** The text of the body, whose type goes into the headers. */
  encode(/** @type {number} */ kind, /** @type {Headers} */ headers) {
    if (kind === JSON_BODY) {
      headers.set("Content-Type", "application/json");
      return JSON.stringify(this.#members);
    }
    if (kind !== FORM) return undefined;
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    return String(new URLSearchParams(/** @type {Record<string, string>} */ (this.#members)));
  }
}

/** An answer as the engine reads it. Somebody's own transport may bring less than a `Response`. */
export async function describe(/** @type {Response} */ response) {
  const text = await response.text();
  const header = (/** @type {string} */ name) => response.headers?.get?.(name);
  const isHtml = /html/i.test(header("Content-Type") ?? "") || /^\s*</.test(text);
  return {
    status: response.status,
    media: isHtml ? HTML : PLAIN,
    challenge: header("WWW-Authenticate"),
    retryAfter: header("Retry-After"),
    date: header("Date"),
    body: parse(text),
  };
}

/**
 * What `promise` brings, unless the signal comes first: then its reason. The promise goes on for others.
 *
 * @template T
 * @param {T | Promise<T>} promise
 * @param {AbortSignal | null | undefined} signal
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
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

/** `JSON.parse`, with `undefined` for what is no JSON. */
function parse(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
