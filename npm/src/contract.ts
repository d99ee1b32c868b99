// A backend's shape as the engine takes it: whole, with every default filled in. The presets are data; those who write
// their own learn here, at once and by its name, which part cannot be right.

import { invalidArgument } from "./errors.js";
import presets from "./presets.json" with { type: "json" };
import type { Contract, ContractName, Endpoint } from "./types.js";

/** Client-wasm's `contract.rs` reads it. What is not there is not so. */
export interface CheckedContract {
  renewal: number;
  login: CheckedEndpoint;
  refresh?: CheckedEndpoint;
  logout?: CheckedEndpoint;
  fields: Record<string, string>;
  credentials: number;
  denied: readonly number[];
  forbidden?: 1;
  idempotencyKey?: 1;
}

interface CheckedEndpoint {
  path: string;
  method: string;
  body: number;
  params: Record<string, string>;
  names: Record<string, string>;
  token?: string;
}

const PRESETS = presets as unknown as Record<ContractName, Contract>;
/** By the engine's number. */
const RENEWALS = ["endpoint", "response-header", "reauthenticate"] as const;
const BODIES = ["none", "json", "form"] as const;
const CREDENTIALS = ["omit", "same-origin", "include"] as const;
const FIELDS = ["accessToken", "expiresIn", "expiresAt", "refreshToken", "refreshKey", "user"];

export function checkContract(given: unknown): CheckedContract {
  if (typeof given === "string") {
    return Object.hasOwn(PRESETS, given)
      ? checked(PRESETS[given as ContractName])
      : wrong(
          "contract",
          "has no such value",
          `${Object.keys(PRESETS)
            .map((name) => `"${name}"`)
            .join(", ")} or an object of your own`,
        );
  }
  return checked(given as Contract);
}

function checked(given: Contract): CheckedContract {
  members("contract", given);
  const { login, refresh, logout, denied, forbidden = "ignore", idempotencyKey = false } = given;
  const renewal = choice("contract.renewal", given.renewal, RENEWALS);
  const isBody = choice("contract.refreshToken", given.refreshToken, ["cookie", "body"]) === 1;
  const fields = checkFields(given.fields);
  const has = "refreshToken" in fields;
  if (has !== isBody) {
    wrong(
      "contract.fields.refreshToken",
      isBody ? "is missing" : "is for tokens in the body",
      isBody
        ? "where answers keep it"
        : 'nothing, or "body" as contract.refreshToken, and not this',
    );
  }
  if (typeof idempotencyKey !== "boolean") {
    wrong("contract.idempotencyKey", "is no boolean", "true or false");
  }
  const body = isBody ? "json" : "none";
  return {
    renewal,
    login: endpoint("contract.login", login, "json"),
    // Whatever else renews, this does not.
    ...(renewal === 0 && { refresh: endpoint("contract.refresh", refresh, body) }),
    ...(logout && { logout: endpoint("contract.logout", logout, body) }),
    fields,
    credentials: choice(
      "contract.credentials",
      given.credentials ?? (isBody ? "same-origin" : "include"),
      CREDENTIALS,
    ),
    denied: statuses(denied ?? [renewal === 1 ? 403 : 401]),
    ...(choice("contract.forbidden", forbidden, ["ignore", "logout"]) === 1 && { forbidden: 1 }),
    ...(idempotencyKey && { idempotencyKey: 1 }),
  };
}

function checkFields(given: Contract["fields"]): Record<string, string> {
  members("contract.fields", given);
  const fields: Record<string, string> = {};
  for (const name of FIELDS) {
    const path = given[name as keyof typeof given];
    if (path === undefined && name !== "accessToken") continue;
    if (typeof path !== "string" || !/^[^.]+(\.[^.]+)*$/.test(path)) {
      wrong(`contract.fields.${name}`, "is no dotted path", 'a path such as "data.tokens.access"');
    }
    fields[name] = path as string;
  }
  return fields;
}

function endpoint(
  name: string,
  given: Endpoint | undefined,
  usual: "json" | "none",
): CheckedEndpoint {
  members(name, given);
  const { path, method = "POST", params = {}, names = {}, token } = given as Endpoint;
  if (typeof path !== "string" || !/^\/(?![\\/])[^#\s]*$/.test(path)) {
    wrong(`${name}.path`, "is no path", 'a path below the baseUrl, such as "/auth/login"');
  }
  if (typeof method !== "string" || !/^[A-Z]+$/.test(method)) {
    wrong(`${name}.method`, "is no method", 'a method in capitals, such as "POST"');
  }
  const bare = method === "GET" || method === "HEAD";
  const body = choice(`${name}.body`, given?.body ?? (bare ? "none" : usual), BODIES);
  if (bare && body > 0) {
    wrong(`${name}.body`, `cannot go with ${method}`, '"none"');
  }
  if (token !== undefined && typeof token !== "string") {
    wrong(`${name}.token`, "is no name", "what the refresh token is called in this request");
  }
  return {
    path,
    method,
    body,
    params: texts(`${name}.params`, params),
    names: texts(`${name}.names`, names),
    ...(token !== undefined && { token }),
  };
}

function texts(name: string, given: Record<string, string>): Record<string, string> {
  members(name, given);
  if (Object.values(given).every((value) => typeof value === "string")) return { ...given };
  return wrong(name, "has a value that is no text", "an object of texts");
}

function statuses(given: number[]): readonly number[] {
  // A 429 or a 5xx says nothing of the session.
  const refuses = (status: number) =>
    Number.isInteger(status) && status >= 400 && status < 500 && status !== 429;
  if (Array.isArray(given) && given.every(refuses)) return [...given];
  return wrong("contract.denied", "is no list of refusals", "statuses such as [401]");
}

function members(name: string, given: unknown): void {
  if (typeof given !== "object" || given === null) wrong(name, "is no object", "an object");
}

/** The place of a value among those that there are. */
function choice(name: string, value: unknown, known: readonly string[]): number {
  const place = known.indexOf(value as string);
  if (place >= 0) return place;
  return wrong(name, "has no such value", known.map((one) => `"${one}"`).join(" or "));
}

function wrong(name: string, what: string, instead: string): never {
  throw invalidArgument(`${name} ${what}.`, `Pass ${instead} as ${name}.`);
}
