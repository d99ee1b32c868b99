// The client in TypeScript's idiom. Nothing is decided here: the engine does that.

import type { EngineConstructor, View } from "./engine.js";
import {
  invalidArgument,
  isAuthError,
  toAuthError,
  type AuthError,
  type Failure,
} from "./errors.js";
import { engineEvent, sendEvent, type AuthEvent } from "./events.js";
import { checkOptions, type CheckedOptions } from "./options.js";
import { defaultUser, readSession } from "./session.js";
import type { AuthClient, AuthClientOptions, Session } from "./types.js";

const SCOPES = { local: 0, others: 1, global: 2 } as const;

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
  let view: View;
  let session: Session<U>;
  const changed = () => {
    const before = view;
    view = engine.view();
    // Several changes may have come to nothing.
    if (view.every((part, place) => part === before[place])) return;
    session = readSession(engine, view, readUser);
    for (const listener of [...listeners]) guarded(() => listener(session), listenerFailed);
  };

  const engine = new Engine(
    checked.baseUrl,
    checked.allowedOrigins,
    checked.restore,
    checked.refreshBuffer,
    checked.requestTimeout,
    checked.tabs,
    checked.contract,
    checked.fetch,
    storage && {
      get: watched(() => storage.get()),
      set: watched((token) => storage.set(token)),
      remove: watched(() => storage.remove()),
    },
    reauthenticate && watched(reauthenticate),
    changed,
    (type: number, first: number, second: number) => tell(engineEvent(type, first, second)),
    (kind: number, method: string, url: string) => tell(sendEvent(kind, method, url)),
    toAuthError,
  );
  const sender = engine.sender;
  view = engine.view();
  session = readSession(engine, view, readUser);
  engine.start();

  const conclude = async (promise: Promise<Failure | undefined>, signal?: AbortSignal) => {
    const failure = await sender.wait(promise, signal);
    if (failure) throw toAuthError(failure);
  };
  // Of this login, although another may be on its way already.
  const present = () =>
    session.status === "signed-in" ? session.user : readUser(...engine.user());

  return {
    get session() {
      return session;
    },
    // What came of it is in the session.
    ready: sender.settled().then(ignored, ignored),
    async login(credentials, { signal } = {}) {
      signal?.throwIfAborted();
      if (typeof credentials !== "object" || credentials === null) {
        throw invalidArgument(
          "The credentials are no object.",
          "Pass what the backend's login endpoint takes, such as { email, password }.",
        );
      }
      await conclude(engine.login(credentials), signal);
      return present();
    },
    async setSession(grant) {
      if (typeof grant !== "object" || grant === null) {
        throw invalidArgument(
          "The grant is no object.",
          "Pass { accessToken, expiresIn, refreshToken, user }.",
        );
      }
      // Read once: what is checked is what is used.
      const { accessToken, expiresIn, refreshToken, user } = grant;
      const failure = engine.setSession({ accessToken, expiresIn, refreshToken, user });
      if (failure) throw toAuthError(failure);
      return present();
    },
    fetch: (input, init) => sender.fetch(input, init),
    getAccessToken: async ({ rejected, signal } = {}) => sender.token(rejected, signal),
    refresh: async ({ signal } = {}) => sender.refresh(signal),
    async loginWithRedirect(url) {
      const target = redirectTarget(() => sender.resolve(url));
      await conclude(engine.settle());
      const failure = engine.redirects();
      if (failure) throw toAuthError(failure);
      globalThis.location.assign(target);
      // Whoever waits for it waits until the page is gone.
      return new Promise<never>(ignored);
    },
    async logout({ scope = "global", signal } = {}) {
      signal?.throwIfAborted();
      if (!Object.hasOwn(SCOPES, scope)) {
        throw invalidArgument("scope has no such value.", 'Pass "local", "others" or "global".');
      }
      await conclude(engine.logout(SCOPES[scope]), signal);
    },
    subscribe(listener) {
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
    throw invalidArgument(
      "url is no address that this page can be left for.",
      "Call loginWithRedirect in a page, with a path of the backend's or an http(s) address.",
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
