// A backend's shape as the engine takes it: whole, with every default filled in. The presets are data; those who write
// their own learn here, at once and by its name, which part cannot be right.

import { checkBoolean, checkNames, checkObject, choice, wrong } from "./checks.js";
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
  if (typeof given !== "string") return checked(given as Contract);
  const place = choice("contract", given, Object.keys(PRESETS));
  return checked(Object.values(PRESETS)[place] as Contract);
}

function checked(given: Contract): CheckedContract {
  checkObject("contract", given);
  const {
    renewal: renews,
    login,
    refresh,
    logout,
    fields: names,
    refreshToken,
    credentials = refreshToken === "body" ? "same-origin" : "include",
    denied = [renews === "response-header" ? 403 : 401],
    forbidden = "ignore",
    idempotencyKey = false,
    ...others
  } = given;
  checkNames("contract", others);
  const renewal = choice("contract.renewal", renews, RENEWALS);
  const isBody = choice("contract.refreshToken", refreshToken, ["cookie", "body"]) === 1;
  const fields = checkFields(names);
  const has = "refreshToken" in fields;
  if (has !== isBody) {
    wrong(
      "contract.fields.refreshToken",
      isBody ? "is missing" : "is for tokens in the body",
      isBody ? "where answers keep it" : "nothing",
    );
  }
  checkBoolean("contract.idempotencyKey", idempotencyKey);
  const body = isBody ? "json" : "none";
  return {
    renewal,
    login: endpoint("contract.login", login, "json"),
    // Whatever else renews, this does not.
    ...(renewal === 0 && { refresh: endpoint("contract.refresh", refresh, body) }),
    ...(logout !== undefined && { logout: endpoint("contract.logout", logout, body) }),
    fields,
    credentials: choice("contract.credentials", credentials, CREDENTIALS),
    denied: statuses(denied),
    ...(choice("contract.forbidden", forbidden, ["ignore", "logout"]) === 1 && { forbidden: 1 }),
    ...(idempotencyKey && { idempotencyKey: 1 }),
  };
}

function checkFields(given: Contract["fields"]): Record<string, string> {
  checkObject("contract.fields", given);
  const others: Record<string, unknown> = { ...given };
  const fields: Record<string, string> = {};
  for (const name of FIELDS) {
    const path = others[name];
    delete others[name];
    if (path === undefined && name !== "accessToken") continue;
    if (typeof path !== "string" || !/^[^.]+(\.[^.]+)*$/.test(path)) {
      wrong(`contract.fields.${name}`, "is no dotted path", 'a path such as "data.tokens.access"');
    }
    fields[name] = path as string;
  }
  checkNames("contract.fields", others);
  return fields;
}

function endpoint(
  name: string,
  given: Endpoint | undefined,
  usual: "json" | "none",
): CheckedEndpoint {
  checkObject(name, given);
  const { path, method = "POST", params = {}, names = {}, token, ...more } = given as Endpoint;
  const bare = method === "GET" || method === "HEAD";
  const { body: kind = bare ? "none" : usual, ...others } = more;
  checkNames(name, others);
  if (typeof path !== "string" || !/^\/(?![\\/])[^#\s]*$/.test(path)) {
    wrong(`${name}.path`, "is no path", 'a path below the baseUrl, such as "/auth/login"');
  }
  if (typeof method !== "string" || !/^[A-Z]+$/.test(method)) {
    wrong(`${name}.method`, "is no method", 'a method in capitals, such as "POST"');
  }
  const body = choice(`${name}.body`, kind, BODIES);
  if (bare && body > 0) {
    wrong(`${name}.body`, `cannot go with ${method}`, '"none"');
  }
  if (token !== undefined && typeof token !== "string") {
    wrong(`${name}.token`, "is no name", "what the refresh token is called there");
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
  checkObject(name, given);
  if (Object.values(given).every((value) => typeof value === "string")) return { ...given };
  return wrong(name, "has a value that is no text", "an object of texts");
}

function statuses(given: readonly number[]): readonly number[] {
  // A 429 or a 5xx says nothing of the session.
  const refuses = (status: number) =>
    Number.isInteger(status) && status >= 400 && status < 500 && status !== 429;
  if (Array.isArray(given) && given.every(refuses)) return [...given];
  return wrong("contract.denied", "is no list of refusals", "statuses such as [401]");
}
