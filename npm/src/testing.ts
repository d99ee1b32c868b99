// For tests of applications: a client without a backend, and a running mock server from the outside.

import { checkCredentials, checkFunction, checkObject, choice, signalOf } from "./checks.js";
import { invalidArgument, toAuthError, type AuthError } from "./errors.js";
import type { AuthClient, Credentials, Session, User } from "./types.js";

/** A client that is whatever a test says; there is no engine in it and no network behind it. */
export interface FakeAuthClient<U = User> extends AuthClient<U> {
  /** From now on this is the session; whoever subscribed is told. */
  become(session: Session<U>): void;
  /** What was passed to `login`, in order. */
  readonly logins: readonly Credentials[];
}

/** What a fake begins with. */
export interface FakeOptions<U = User> {
  /** Default: signed out, `never`. */
  session?: Session<U> | undefined;
  /** What `fetch` calls while somebody is signed in. Default: rejects. */
  fetch?: typeof fetch | undefined;
  /** Who a login signs in; it may throw instead. Default: a user with the credentials' `email`. */
  login?: ((credentials: Credentials) => U | null | Promise<U | null>) | undefined;
}

const LOGIN_REQUIRED = 1;
const INVALID_ARGUMENT = 9;
const DISPOSED = 10;

/**
 * A client for unit tests: same methods, same errors, no engine.
 *
 * @example
 * const auth = createFakeAuthClient({ session: { status: "signed-in", user, expiresAt: Infinity, stale: false } });
 */
export function createFakeAuthClient<U = User>(options: FakeOptions<U> = {}): FakeAuthClient<U> {
  const nobody: Session<U> = { status: "signed-out", reason: "never" };
  let session = Object.freeze({ ...(options.session ?? nobody) });
  let isOver = false;
  const listeners = new Set<(session: Session<U>) => void>();
  const logins: Credentials[] = [];
  /** Whoever waits for another session; and how to end what is on its way. */
  const waiting = new Set<() => void>();
  const pending = new Set<(why: AuthError) => void>();
  const become = (next: Session<U>) => {
    if (isOver) return;
    session = Object.freeze({ ...next });
    for (const wake of [...waiting]) wake();
    for (const listener of [...listeners]) {
      // One before it may have stopped it.
      if (!listeners.has(listener)) continue;
      // What one throws is nobody else's business.
      try {
        listener(session);
      } catch (error) {
        if (typeof reportError === "function") reportError(error);
        else console.error(error);
      }
    }
  };
  const signIn = (user: U | null) => {
    become({ status: "signed-in", user, expiresAt: Infinity, stale: false });
    return user;
  };
  /** What a refused login goes back to; and which login counts: none before a logout. */
  let before = session;
  let attempts = 0;
  const end = (code: number) => {
    for (const reject of [...pending]) reject(failure(code));
  };
  /** What `promise` brings, unless the signal, a logout or the client's end comes first. */
  const bounded = <T>(promise: Promise<T>, signal?: AbortSignal) =>
    new Promise<T>((resolve, reject) => {
      const abort = () => reject(signal?.reason as unknown);
      signal?.addEventListener("abort", abort);
      pending.add(reject);
      void promise.then(resolve, reject).finally(() => {
        pending.delete(reject);
        signal?.removeEventListener("abort", abort);
      });
    });
  const check = () => {
    if (isOver) throw failure(DISPOSED);
  };
  /** Waits until it is known who is signed in. */
  const settled = (signal?: AbortSignal) => {
    const conclusion = new Promise<void>((resolve) => {
      const look = () => {
        if (session.status === "restoring" || session.status === "signing-in") return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
    return bounded(conclusion, signal);
  };
  const checkSignedIn = async (signal?: AbortSignal) => {
    check();
    await settled(signal);
    check();
    if (session.status !== "signed-in") throw failure(LOGIN_REQUIRED);
  };
  const userOf = (credentials: Credentials) =>
    ({ id: "fake", email: credentials.email }) as unknown as U;
  return {
    get session() {
      return session;
    },
    logins,
    become,
    ready: settled().catch(() => {}),
    async login(credentials, callOptions) {
      const signal = signalOf(callOptions);
      checkCredentials(credentials);
      check();
      logins.push(credentials);
      if (session.status !== "signing-in") before = session;
      attempts += 1;
      const attempt = attempts;
      become({ status: "signing-in" });
      const asked = (async () => (options.login ?? userOf)(credentials))();
      const conclude = async () => {
        try {
          const user = await asked;
          return attempt === attempts ? signIn(user) : user;
        } catch (error) {
          if (attempt === attempts) become(before);
          throw error;
        }
      };
      return bounded(conclude(), signal);
    },
    async setSession(grant) {
      checkObject("grant", grant);
      check();
      if (typeof grant.accessToken !== "string") throw failure(INVALID_ARGUMENT);
      attempts += 1;
      return signIn((grant.user ?? null) as U | null);
    },
    async fetch(input, init) {
      const signal = init?.signal === undefined ? (input as Request).signal : init.signal;
      signal?.throwIfAborted();
      await checkSignedIn(signal ?? undefined);
      if (options.fetch) return options.fetch(input, init);
      throw invalidArgument(
        "This fake has no fetch.",
        "Pass createFakeAuthClient({ fetch }) what answers its requests.",
      );
    },
    async getAccessToken(callOptions) {
      await checkSignedIn(signalOf(callOptions));
      return callOptions?.rejected === "fake-token" ? "fake-token-renewed" : "fake-token";
    },
    async refresh(callOptions) {
      await checkSignedIn(signalOf(callOptions));
    },
    loginWithRedirect() {
      return isOver ? Promise.reject(failure(DISPOSED)) : new Promise<never>(() => {});
    },
    async logout(callOptions = {}) {
      signalOf(callOptions);
      const { scope = "global" } = callOptions;
      choice("scope", scope, ["local", "others", "global"]);
      check();
      if (scope === "others") return;
      attempts += 1;
      end(LOGIN_REQUIRED);
      become({ status: "signing-out" });
      await Promise.resolve();
      if (session.status === "signing-out") become({ status: "signed-out", reason: "logout" });
    },
    subscribe(listener) {
      checkFunction("listener", listener);
      const entry = (session: Session<U>) => listener(session);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    dispose() {
      isOver = true;
      listeners.clear();
      end(DISPOSED);
    },
  };
}

function failure(code: number): AuthError {
  return toAuthError({ code, detail: 0, status: 0, retryAfter: -1 });
}

/** How a running mock server is told what to do, and asked what it saw. */
export interface Mock {
  /** Its address, for `baseUrl`. */
  readonly url: string;
  readonly clock: {
    /** Its time, in epoch milliseconds. */
    now(): Promise<number>;
    /** Lets so many milliseconds pass, in whole seconds, for tokens, cookies and limits. */
    advance(ms: number): Promise<void>;
  };
  readonly faults: {
    get(): Promise<MockFault[]>;
    /** Replaces all rules; none for a server that behaves. */
    set(rules: MockFault[]): Promise<void>;
  };
  /** What it has answered so far. */
  counters(): Promise<MockCounters>;
  /** The last thousand requests, without a token. */
  requests(): Promise<Record<string, unknown>[]>;
  /** The sessions and how they stand. */
  families(): Promise<Record<string, unknown>[]>;
  /** What was issued so far counts as expired, of one user or of all. */
  expire(tokens: "access" | "refresh", user?: string): Promise<void>;
  /** Forgets everything. */
  reset(): Promise<void>;
}

/** A rule by which the mock misbehaves. Of several the first that matches counts. */
export interface MockFault {
  /** Exact. */
  path: string;
  /** From which request on; default 1. */
  nth?: number | undefined;
  /** For how many; default all. */
  count?: number | undefined;
  /** With which probability; default 1. */
  rate?: number | undefined;
  /** Whether the state has changed when the answer is spoiled; default `"before"`. */
  when?: "before" | "after" | undefined;
  do:
    | "hang"
    | "reset"
    | "truncate"
    | "garbage"
    | { status: number; retry_after?: number | undefined }
    | { delay_ms: number }
    | { content_type: string };
}

/** What a mock has counted. */
export interface MockCounters {
  login: { ok: number; denied: number };
  refresh: { ok: number; replayed: number; superseded: number; denied: number; limited: number };
  rotations: number;
  reuse: number;
  logout: number;
  resource: { ok: number; unauthorized: number; forbidden: number };
}

/** The controls of a mock server that runs at `url`; a tenant's, `…/t/NAME`, are a server of their own. */
export function connectMock(url: string | URL): Mock {
  const base = String(url).replace(/\/+$/, "");
  const control = async (method: string, name: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${base}/__mock/${name}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The mock server answered ${response.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const get = (name: string) => control("GET", name) as Promise<never>;
  const tell = async (method: string, name: string, body?: unknown) => {
    await control(method, name, body);
  };
  return {
    url: base,
    clock: {
      now: async () => ((await control("GET", "clock")) as { now: number }).now * 1_000,
      advance: (ms) => tell("POST", "clock", { advance: Math.ceil(ms / 1_000) }),
    },
    faults: { get: () => get("faults"), set: (rules) => tell("PUT", "faults", rules) },
    counters: () => get("counters"),
    requests: () => get("requests"),
    families: () => get("families"),
    expire: (tokens, user) =>
      tell("POST", "expire", { tokens, ...(user !== undefined && { user }) }),
    reset: () => tell("POST", "reset"),
  };
}

/** What is used of Node, whose types this package does not ask for. */
interface Child {
  stdout: Output;
  stderr: Output;
  ref(): void;
  unref(): void;
  on(event: "error" | "exit" | "close", told: (why: unknown) => void): void;
  kill(): void;
}

interface Process {
  env: Record<string, string | undefined>;
  on(event: "exit", told: () => void): void;
  off(event: "exit", told: () => void): void;
}

interface Output {
  unref(): void;
  on(event: "data", told: (text: { toString(): string }) => void): void;
}

/**
 * Starts the mock server on a free port. The environment's `EVERTOKEN_MOCK_BIN` says where the program is.
 *
 * @param args more of its command line, such as `["--access-ttl", "8s"]`
 */
export async function startMock(args: string[] = []): Promise<Mock & { stop(): Promise<void> }> {
  const { process } = globalThis as { process?: Process };
  const program = process?.env.EVERTOKEN_MOCK_BIN;
  if (!process || !program) {
    throw invalidArgument(
      "EVERTOKEN_MOCK_BIN names no program.",
      "Set EVERTOKEN_MOCK_BIN to the path of evertoken-mock, which `cargo build -p evertoken-mock` makes.",
    );
  }
  // Not a name that a bundler for browsers would look for.
  const module = "node:child_process";
  const { spawn } = (await import(/* @vite-ignore */ module)) as {
    spawn(program: string, args: string[], options: object): Child;
  };
  const child = spawn(program, ["--port", "0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill();
  // Whoever forgets to stop it leaves nothing behind.
  process.on("exit", kill);
  child.on("close", () => process.off("exit", kill));
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    let complaint = "";
    child.stdout.on("data", (text) => {
      said += text.toString();
      const [line, rest] = said.split("\n");
      if (rest === undefined) return;
      try {
        const { url } = JSON.parse(line as string) as { url: unknown };
        resolve(new URL(url as string).href);
      } catch {
        kill();
        complaint = line as string;
      }
    });
    // Its log, once it runs; what nobody reads would wait in its memory.
    child.stderr.on("data", (text) => (complaint = text.toString()));
    child.on("error", reject);
    // Not at its exit: what it said may come after that.
    child.on("close", () =>
      reject(new Error(`The mock server did not start: ${complaint.trim()}`)),
    );
  });
  // Nor does it wait: a test that failed before it could stop this one ends all the same.
  for (const held of [child, child.stdout, child.stderr]) held.unref();
  const stop = () => {
    child.ref();
    kill();
    return ended;
  };
  return { ...connectMock(url), stop };
}
