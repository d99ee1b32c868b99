// Options as the engine takes them. Whatever cannot be right is refused here, with the option's name.

import { checkBoolean, checkFunction, checkNames, choice, wrong } from "./checks.js";
import { checkContract, type CheckedContract } from "./contract.js";
import type { AuthClientOptions, TokenStorage } from "./types.js";

export interface CheckedOptions {
  baseUrl: string;
  allowedOrigins: string[];
  /** 0 never, 1 hint, 2 always. */
  restore: number;
  refreshBuffer: number;
  requestTimeout: number;
  /** 0 a client of its own, of which nothing is kept, 1 it is kept, 2 it is one with the other tabs, 3 and they share the token. */
  tabs: number;
  contract: CheckedContract;
  fetch: typeof fetch;
}

/** A day: longer than any exchange or buffer that is meant. */
const LONGEST = 86_400_000;

export function checkOptions(options: AuthClientOptions<never>): CheckedOptions {
  // An address by itself has no members to be strange.
  if (typeof options !== "object" || options === null || "href" in options) {
    wrong("options", "is no object", "{ baseUrl }, or nothing,");
  }
  const {
    baseUrl: base,
    contract: shape = "rotation",
    allowedOrigins,
    restore = typeof document === "undefined" ? "never" : "always",
    refreshBuffer = 60_000,
    requestTimeout = 10_000,
    crossTab = isBrowser(),
    shareToken: shares,
    fetch: transport,
    storage,
    reauthenticate,
    parseUser,
    onEvent,
    ...others
  } = options;
  checkNames("options", others);
  const contract = checkContract(shape);
  const shareToken = shares === undefined ? !("refreshToken" in contract.fields) : shares;
  const functions = { parseUser, onEvent, reauthenticate, fetch: transport };
  for (const [name, given] of Object.entries(functions)) {
    if (given !== undefined) checkFunction(name, given);
  }
  if (contract.renewal === 2 && !reauthenticate) {
    wrong(
      "reauthenticate",
      "is missing",
      "a function that brings credentials, by which this contract renews,",
    );
  }
  checkStorage(storage);
  checkBoolean("crossTab", crossTab);
  checkBoolean("shareToken", shareToken);
  return {
    baseUrl: baseUrl(base),
    allowedOrigins: origins(allowedOrigins),
    restore: choice("restore", restore, ["never", "hint", "always"]),
    refreshBuffer: duration("refreshBuffer", refreshBuffer, 0),
    requestTimeout: duration("requestTimeout", requestTimeout, 1),
    // On a server what one leaves is none of another's business either.
    tabs: crossTab ? (shareToken ? 3 : 2) : typeof document === "undefined" ? 0 : 1,
    contract,
    // Looked up at each call, so that whoever replaces the global later is heard.
    fetch: transport ?? ((input, init) => globalThis.fetch(input, init)),
  };
}

function checkStorage(storage: TokenStorage | undefined): void {
  if (storage === undefined) return;
  for (const name of ["get", "set", "remove"] as const) {
    if (typeof storage?.[name] !== "function") {
      wrong("storage", `has no ${name}()`, "an object with get(), set(token) and remove()");
    }
  }
}

/** On a server many users share a process, and what one client knows is none of another's business. */
function isBrowser(): boolean {
  return "document" in globalThis || "importScripts" in globalThis;
}

function baseUrl(given: string | URL | undefined): string {
  // Not the page itself: whichever of a site's pages makes the client, it is the same one.
  const origin = globalThis.location?.origin;
  const site = origin?.startsWith("http") ? origin : undefined;
  const refuse = (what: string) =>
    wrong("baseUrl", what, 'an absolute address such as "https://api.example.com"');
  if (given === undefined && !site) refuse("is missing");
  const url = parseUrl(given === undefined ? site : given, site);
  if (!url) return refuse("is no http or https address");
  if (url.username || url.password || url.search || url.hash) {
    refuse("has more than an origin and a path");
  }
  return url.href;
}

function origins(given: readonly string[] | undefined): string[] {
  if (given === undefined) return [];
  const refuse = (what: string) =>
    wrong("allowedOrigins", what, 'origins such as ["https://api.example.com"], without a path,');
  if (!Array.isArray(given)) return refuse("is no array");
  return given.map((entry) => {
    const url = parseUrl(entry);
    return url?.href === `${url?.origin}/` ? url.origin : refuse("has an entry that is no origin");
  });
}

/** An address on the web; given as a text, or as a `URL`, which may be another realm's. */
function parseUrl(given: unknown, base?: string): URL | undefined {
  const text = (given as URL | null)?.href ?? given;
  if (typeof text !== "string") return undefined;
  try {
    const url = new URL(text, base);
    return /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}

function duration(name: string, value: unknown, least: number): number {
  if (typeof value === "number" && value >= least && value <= LONGEST) return value;
  return wrong(name, "is no duration", `milliseconds from ${least} to ${LONGEST}`);
}
