// For tests of applications: a client without a backend, and a running mock server from the outside.

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
  session?: Session<U>;
  /** What `fetch` calls while somebody is signed in. Default: rejects. */
  fetch?: typeof fetch;
  /** Who a login signs in; it may throw instead. Default: a user with the credentials' `email`. */
  login?: (credentials: Credentials) => U | null | Promise<U | null>;
}

const LOGIN_REQUIRED = 1;
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
  const become = (next: Session<U>) => {
    if (isOver) return;
    session = Object.freeze({ ...next });
    for (const listener of [...listeners]) listener(session);
  };
  const signIn = (user: U | null) => {
    become({ status: "signed-in", user, expiresAt: Infinity, stale: false });
    return user;
  };
  const check = (signal?: AbortSignal) => {
    signal?.throwIfAborted();
    if (isOver) throw failure(DISPOSED);
  };
  const checkSignedIn = (signal?: AbortSignal) => {
    check(signal);
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
    ready: Promise.resolve(),
    async login(credentials, { signal } = {}) {
      check(signal);
      logins.push(credentials);
      return signIn(await (options.login ?? userOf)(credentials));
    },
    async setSession({ user }) {
      check();
      return signIn((user ?? null) as U | null);
    },
    async fetch(input, init) {
      checkSignedIn(init?.signal ?? undefined);
      if (options.fetch) return options.fetch(input, init);
      throw invalidArgument(
        "This fake has no fetch.",
        "Pass createFakeAuthClient({ fetch }) what answers its requests.",
      );
    },
    async getAccessToken({ rejected, signal } = {}) {
      checkSignedIn(signal);
      return rejected === "fake-token" ? "fake-token-renewed" : "fake-token";
    },
    async refresh({ signal } = {}) {
      checkSignedIn(signal);
    },
    loginWithRedirect() {
      return isOver ? Promise.reject(failure(DISPOSED)) : new Promise<never>(() => {});
    },
    async logout({ scope, signal } = {}) {
      check(signal);
      if (scope !== "others") become({ status: "signed-out", reason: "logout" });
    },
    subscribe(listener) {
      const entry = (session: Session<U>) => listener(session);
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    dispose() {
      isOver = true;
      listeners.clear();
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
  nth?: number;
  /** For how many; default all. */
  count?: number;
  /** With which probability; default 1. */
  rate?: number;
  /** Whether the state has changed when the answer is spoiled; default `"before"`. */
  when?: "before" | "after";
  do:
    | "hang"
    | "reset"
    | "truncate"
    | "garbage"
    | { status: number; retry_after?: number }
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
  stdout: { on(event: "data", told: (text: { toString(): string }) => void): void };
  on(event: "error" | "exit", told: (why: unknown) => void): void;
  kill(): void;
}

/**
 * Starts the mock server on a free port. The environment's `EVERTOKEN_MOCK_BIN` says where the program is.
 *
 * @param args more of its command line, such as `["--access-ttl", "8s"]`
 */
export async function startMock(args: string[] = []): Promise<Mock & { stop(): Promise<void> }> {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  const program = process?.env.EVERTOKEN_MOCK_BIN;
  if (!program) {
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
  const child = spawn(program, ["--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (text) => {
      said += text.toString();
      const [line, rest] = said.split("\n");
      if (line && rest !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      reject(new Error(`${program} ended with ${String(code)} at its start.`)),
    );
  });
  const stop = () => {
    child.kill();
    return ended;
  };
  return { ...connectMock(url), stop };
}
