// The client in TypeScript's idiom. Nothing is decided here: the engine does that.

import { startEngine, type EngineConstructor, type View } from "./engine.js";
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
import type { AuthClient, AuthClientOptions, Session, User } from "./types.js";

const SCOPES = { local: 0, others: 1, global: 2 } as const;

/**
 * A client for one backend. It starts at once; {@link AuthClient.ready} says when the session from last
 * time is back.
 *
 * @throws AuthError `invalid_argument`, naming the option.
 */
export function createAuthClient<U = User>(options: AuthClientOptions<U> = {}): AuthClient<U> {
  const checked = checkOptions(options as AuthClientOptions<never>);
  try {
    return started(startEngine(), checked, options);
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
  const { onEvent, parseUser } = options;
  const listeners = new Set<(session: Session<U>) => void>();
  const tell = (event: AuthEvent) => onEvent && guarded(() => onEvent(event));
  const listenerFailed = (error: unknown) =>
    tell({ type: "listener-failed", at: Date.now(), error });
  const readUser = (user: unknown, claims: Record<string, unknown> | undefined): U | null => {
    if (!parseUser) return defaultUser(user, claims) as U | null;
    const read = guarded(() => parseUser(user, claims ?? {}), listenerFailed);
    return read ?? null;
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
    checked.fetch,
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
    // Whoever gets a token, or is told that there is none, knows all that there is to know.
    ready: sender.token().then(ignored, ignored),
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
        throw invalidArgument("The grant is no object.", "Pass { accessToken, expiresIn, user }.");
      }
      // Read once: what is checked is what is used.
      const { accessToken, expiresIn, user } = grant;
      const failure = engine.setSession({ accessToken, expiresIn, user });
      if (failure) throw toAuthError(failure);
      return present();
    },
    fetch: (input, init) => sender.fetch(input, init),
    getAccessToken: async ({ rejected, signal } = {}) => sender.token(rejected, signal),
    refresh: async ({ signal } = {}) => sender.refresh(signal),
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
