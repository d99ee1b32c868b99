// Refuses arguments that cannot be right, by their names.

import { invalidArgument } from "./errors.js";

export function wrong(name: string, what: string, instead: string): never {
  throw invalidArgument(`${name} ${what}.`, `Pass ${instead} as ${name}.`);
}

export function checkObject(name: string, given: unknown, instead = "an object"): void {
  if (typeof given !== "object" || given === null) wrong(name, "is no object", instead);
}

export function checkCredentials(given: object): void {
  const usual = "what the backend's login endpoint takes, such as { email, password },";
  checkObject("credentials", given, usual);
  // JSON does not see what a form holds.
  if (Symbol.iterator in given && !("toJSON" in given)) {
    wrong("credentials", "is a list", "Object.fromEntries() of it");
  }
}

export function checkFunction(name: string, given: unknown): void {
  if (typeof given !== "function") wrong(name, "is no function", "a function");
}

/** What is left where all that is known has been taken is misspelt. */
export function checkNames(name: string, others: object): void {
  for (const other of Object.keys(others)) {
    throw invalidArgument(`${name}.${other} is not known.`, "Compare it with the types.");
  }
}

export function checkBoolean(name: string, given: unknown): void {
  if (typeof given !== "boolean") wrong(name, "is no boolean", "true or false");
}

/** The place of a value among those that there are. */
export function choice(name: string, value: unknown, known: readonly string[]): number {
  const place = known.indexOf(value as string);
  if (place >= 0) return place;
  return wrong(name, "has no such value", known.map((one) => `"${one}"`).join(" or "));
}

/** The signal among a call's options; throws its reason if it has been given already. */
export function signalOf(
  options: { signal?: AbortSignal | undefined } = {},
): AbortSignal | undefined {
  checkObject("options", options, "{ signal }, or nothing,");
  const { signal } = options;
  if (signal != null && !signal.throwIfAborted) {
    wrong("signal", "is no AbortSignal", "an AbortController's signal");
  }
  signal?.throwIfAborted();
  return signal;
}
