// The client in TypeScript's idiom. Nothing is decided here: the engine does that.

import { checkCredentials, checkFunction, checkObject, choice, signalOf, wrong } from "./checks.js";
import type { EngineConstructor, View } from "./engine.js";
import { isAuthError, toAuthError, type AuthError, type Failure } from "./errors.js";
import { engineEvent, sendEvent, type AuthEvent } from "./events.js";
import { checkOptions, type CheckedOptions } from "./options.js";
import { defaultUser, readSession } from "./session.js";
import type { AuthClient, AuthClientOptions, Session, TokenStorage } from "./types.js";

/** By the engine's number. */
const SCOPES = ["local", "others", "global"] as const;

/** What every entry point's `createAuthClient` does, with the engine it has. */
export function makeClient<U>(
  start: () => EngineConstructor,
  options: AuthClientOptions<U>,
): AuthClient<U> {
  const checked = checkOptions(options as AuthClientOptions<never>);
  try {
    return started(start(), checked, options);
  } catch (error) {
    if (isAuthError(error) && error.code === "engine") return unstarted(error);
    throw error;
  }
}

function started<U>(
  Engine: EngineConstructor,
  checked: CheckedOptions,
  options: AuthClientOptions<U>,
): AuthClient<U> {
  const { onEvent, parseUser, reauthenticate, storage } = options;
  const listeners = new Set<(session: Session<U>) => void>();
  const tell = (event: AuthEvent) => onEvent && guarded(() => onEvent(event));
  const listenerFailed = (error: unknown) =>
    tell({ type: "listener-failed", at: Date.now(), error });
  const readUser = (user: unknown, claims: Record<string, unknown> | undefined): U | null => {
    if (!parseUser) return defaultUser(user, claims) as U | null;
    const read = guarded(() => parseUser(user, claims ?? {}), listenerFailed);
    return read ?? null;
  };
  /** The application's own code, whose failures it is told of. */
  const watched =
    <A extends unknown[], T>(call: (...args: A) => T | Promise<T>) =>
    async (...args: A): Promise<T> => {
      try {
        return await call(...args);
      } catch (error) {
        listenerFailed(error);
        throw error;
      }
    };
  /**
   * A storage that never answers holds nothing up. To put one token in the place of another it is asked twice: a third of
   * an exchange's time each, and the rest is the request's.
   */
  const bounded = (name: keyof TokenStorage) =>
    watched((token?: string) => {
      const answer = storage?.[name](token as string);
      return new Promise<never>((resolve, reject) => {
        const late = () => reject(new Error(`storage.${name}() takes too long.`));
        const timer = setTimeout(late, checked.requestTimeout / 3);
        void Promise.resolve(answer as never)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer));
      });
    });
  let view: View;
  let session: Session<U>;
  const changed = () => {
    const before = view;
    view = engine.view();
    // Several changes may have come to nothing.
    if (view.every((part, place) => part === before[place])) return;
    session = readSession(engine, view, readUser);
    for (const listener of [...listeners]) {
      // One before it may have stopped it.
      if (listeners.has(listener)) guarded(() => listener(session), listenerFailed);
    }
  };

  const engine = new Engine(
    {
      ...checked,
      storage: storage && { get: bounded("get"), set: bounded("set"), remove: bounded("remove") },
      reauthenticate: reauthenticate && watched(reauthenticate),
      note: (kind, method, url) => tell(sendEvent(kind, method, url)),
      error: toAuthError,
    },
    checked.restore,
    checked.refreshBuffer,
    checked.requestTimeout,
    checked.tabs,
    checked.contract,
    changed,
    (type, first, second) => tell(engineEvent(type, first, second)),
  );
  view = engine.view();
  session = readSession(engine, view, readUser);
  const sender = engine.start();

  const conclude = async (promise: Promise<Failure | undefined>, signal?: AbortSignal) => {
    const failure = await sender.wait(promise, signal);
    if (failure) throw toAuthError(failure);
  };
  // Of this login, although another may be on its way already.
  const present = () => {
    if (session.status === "signed-in") return session.user;
    const [user, claims] = engine.user();
    return readUser(user, claims);
  };

  return {
    get session() {
      return session;
    },
    // What came of it is in the session.
    ready: sender.settled().then(ignored, ignored),
    async login(credentials, options) {
      const signal = signalOf(options);
      checkCredentials(credentials);
      await conclude(engine.login(credentials), signal);
      return present();
    },
    async setSession(grant) {
      checkObject("grant", grant, "{ accessToken, expiresIn, refreshToken, refreshKey, user }");
      // Read once: what is checked is what is used.
      const { accessToken, expiresIn, refreshToken, refreshKey, user } = grant;
      const before = view;
      const failure = engine.setSession({
        accessToken,
        // What is no number is refused like one that cannot be right.
        expiresIn: expiresIn == null || expiresIn >= 0 ? expiresIn : -1,
        refreshToken,
        refreshKey,
        user,
      });
      if (failure) throw toAuthError(failure);
      // A listener that calls this is told of it once it has returned.
      if (view === before) await failure;
      return present();
    },
    fetch: (input, init) => sender.fetch(input, init),
    getAccessToken: async (options) => sender.token(options?.rejected, signalOf(options)),
    refresh: async (options) => sender.refresh(signalOf(options)),
    async loginWithRedirect(url) {
      const target = redirectTarget(() => sender.resolve(url));
      await conclude(engine.settle());
      const failure = engine.redirects();
      if (failure) throw toAuthError(failure);
      globalThis.location.assign(target);
      // Whoever waits for it waits until the page is gone.
      return new Promise<never>(ignored);
    },
    async logout(options = {}) {
      const signal = signalOf(options);
      const { scope = "global" } = options;
      await conclude(engine.logout(choice("scope", scope, SCOPES)), signal);
    },
    subscribe(listener) {
      checkFunction("listener", listener);
      // One entry for each call, even with the same listener twice.
      const entry = (session: Session<U>) => listener(session);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    dispose() {
      engine.dispose();
      listeners.clear();
    },
  };
}

/** Where to go: no script, and nowhere without a page. */
function redirectTarget(resolve: () => URL): string {
  let target: URL | undefined;
  try {
    target = resolve();
  } catch {
    // Told below.
  }
  if (!target?.protocol.startsWith("http") || !globalThis.location?.assign) {
    return wrong(
      "url",
      "is no address to leave this page for",
      "a path of the backend's, or an http(s) address,",
    );
  }
  return target.href;
}

/** A client whose engine did not start: everything says so, and nothing breaks on the way. */
function unstarted<U>(error: AuthError): AuthClient<U> {
  const fail = () => Promise.reject(error);
  const ready = fail();
  // Whoever does not ask need not catch.
  ready.catch(() => {});
  return {
    session: Object.freeze({ status: "signed-out", reason: "never" }),
    ready,
    login: fail,
    setSession: fail,
    fetch: fail,
    getAccessToken: fail,
    refresh: fail,
    loginWithRedirect: fail,
    logout: fail,
    subscribe: () => () => {},
    dispose() {},
  };
}

/** Calls somebody else's code: what it throws is reported as uncaught, and everything else goes on. */
function guarded<T>(call: () => T, failed?: (error: unknown) => void): T | undefined {
  try {
    return call();
  } catch (error) {
    failed?.(error);
    if (typeof reportError === "function") reportError(error);
    else console.error(error);
    return undefined;
  }
}

function ignored(): void {}
