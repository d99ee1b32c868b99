// Options as the engine takes them. Whatever cannot be right is refused here, with the option's name.

import { checkContract, type CheckedContract } from "./contract.js";
import { invalidArgument } from "./errors.js";
import type { AuthClientOptions, TokenStorage } from "./types.js";

export interface CheckedOptions {
  baseUrl: string;
  allowedOrigins: string[];
  /** 0 never, 1 hint, 2 always. */
  restore: number;
  refreshBuffer: number;
  requestTimeout: number;
  /** 0 a client of its own, 1 one with the other tabs, 2 and they share the access token. */
  tabs: number;
  contract: CheckedContract;
  fetch: typeof fetch;
}

/** A day: longer than any exchange or buffer that is meant. */
const LONGEST = 86_400_000;

export function checkOptions(options: AuthClientOptions<never>): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument("The options are no object.", "Pass { baseUrl } or nothing.");
  }
  const { restore, parseUser, onEvent, reauthenticate, storage } = options;
  const contract = checkContract(options.contract === undefined ? "rotation" : options.contract);
  const hasDocument = typeof document !== "undefined";
  const restores = ["never", "hint", "always"] as const;
  const restoring = choice("restore", restore ?? (hasDocument ? "always" : "never"), restores);
  for (const [name, value] of Object.entries({
    parseUser,
    onEvent,
    reauthenticate,
    fetch: options.fetch,
  })) {
    if (value !== undefined && typeof value !== "function") {
      throw invalidArgument(
        `${name} is no function.`,
        `Pass a function as ${name}, or leave it out.`,
      );
    }
  }
  if (contract.renewal === 2 && !reauthenticate) {
    throw invalidArgument(
      "reauthenticate is missing.",
      "Pass a function that brings credentials: this contract renews by signing in anew.",
    );
  }
  checkStorage(storage);
  return {
    baseUrl: baseUrl(options.baseUrl),
    allowedOrigins: origins(options.allowedOrigins),
    restore: restores.indexOf(restoring),
    refreshBuffer: duration("refreshBuffer", options.refreshBuffer ?? 60_000, 0),
    requestTimeout: duration("requestTimeout", options.requestTimeout ?? 10_000, 1),
    tabs: tabs(
      options.crossTab ?? isBrowser(),
      options.shareToken ?? !("refreshToken" in contract.fields),
    ),
    contract,
    // Looked up at each call, so that whoever replaces the global later is heard.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

function checkStorage(storage: TokenStorage | undefined): void {
  if (storage === undefined) return;
  for (const name of ["get", "set", "remove"] as const) {
    if (typeof storage?.[name] !== "function") {
      throw invalidArgument(
        `storage has no ${name}().`,
        "Pass an object with get(), set(token) and remove() as storage.",
      );
    }
  }
}

/** On a server many users share a process, and what one client knows is none of another's business. */
function isBrowser(): boolean {
  return "document" in globalThis || "importScripts" in globalThis;
}

function tabs(crossTab: unknown, shareToken: unknown): number {
  for (const [name, value] of Object.entries({ crossTab, shareToken })) {
    if (typeof value !== "boolean") {
      throw invalidArgument(`${name} is no boolean.`, `Pass true or false as ${name}.`);
    }
  }
  if (!crossTab) return 0;
  return shareToken ? 2 : 1;
}

function baseUrl(given: string | URL | undefined): string {
  const page = globalThis.location?.href;
  const hint = 'Pass an absolute address such as "https://api.example.com".';
  if (given === undefined && !page?.startsWith("http")) {
    throw invalidArgument("There is no page whose origin could be the baseUrl.", hint);
  }
  const url = parseUrl(given === undefined ? new URL(page as string).origin : String(given), page);
  if (!url?.protocol.startsWith("http")) {
    throw invalidArgument("baseUrl is no http or https address.", hint);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw invalidArgument("baseUrl has more than an origin and a path.", hint);
  }
  return url.href;
}

function origins(given: string[] | undefined): string[] {
  if (given === undefined) return [];
  const hint = 'Pass origins such as ["https://api.example.com"], without a path.';
  if (!Array.isArray(given)) throw invalidArgument("allowedOrigins is no array.", hint);
  return given.map((entry) => {
    const url = parseUrl(String(entry));
    const plain = url?.protocol.startsWith("http") && url.href === `${url.origin}/`;
    if (!url || !plain) {
      throw invalidArgument("allowedOrigins has an entry that is no origin.", hint);
    }
    return url.origin;
  });
}

function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

function duration(name: string, value: unknown, least: number): number {
  if (typeof value === "number" && value >= least && value <= LONGEST) return value;
  throw invalidArgument(
    `${name} is no number of milliseconds that can be right.`,
    `Pass ${name} as a number from ${least} to ${LONGEST}.`,
  );
}

function choice<T extends string>(name: string, value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw invalidArgument(
    `${name} has no such value.`,
    `Pass ${known.map((one) => `"${one}"`).join(" or ")} as ${name}.`,
  );
}
