// axios, with the session's token. Its own `fetch` adapter does the work, and what it calls is ours: so renewals, the one
// retry, the origins that may see the token and everything else are those of `auth.fetch`.

import type { AxiosInstance } from "axios";

import { isAuthError } from "./errors.js";
import type { AuthClient } from "./types.js";

/**
 * What axios makes in place of a `Request`: an address and options still, of which a body can be sent twice, and whose
 * path is the backend's. The getter is how axios knows that cookies can be asked for.
 */
class Call {
  constructor(
    readonly url: string,
    readonly init: RequestInit & { credentials: RequestCredentials },
  ) {}
  get credentials() {
    return this.init.credentials;
  }
}

/**
 * Sends an instance's requests through `auth.fetch`; returns how to stop. Where there is no session, or none can be had
 * just now, a request rejects with the `AuthError` itself. A relative address, `baseURL` included, is one below the client's
 * `baseUrl`. What only XMLHttpRequest has is not there.
 *
 * @example
 * const api = axios.create({ baseURL: "https://api.example.com" });
 * attach(api, auth);
 */
export function attach(instance: AxiosInstance, auth: Pick<AuthClient, "fetch">): () => void {
  const { adapter, env } = instance.defaults;
  const ours = {
    ...env,
    fetch: ({ url, init: { credentials, ...init } }: Call) => {
      const headers = new Headers(init.headers);
      // It names itself, as it does not with XMLHttpRequest; across origins a backend would have to allow that.
      if (headers.get("User-Agent")?.startsWith("axios/")) headers.delete("User-Agent");
      init.headers = headers;
      // XMLHttpRequest leaves it out, and `fetch` refuses it.
      if (/^(GET|HEAD)$/.test(init.method ?? "GET")) delete init.body;
      // axios says "same-origin" where nobody said anything, and a contract may know better.
      return auth.fetch(url, credentials === "same-origin" ? init : { ...init, credentials });
    },
    Request: Call,
  } as unknown as NonNullable<typeof env>;
  Object.assign(instance.defaults, { adapter: "fetch", env: ours });
  const unwrapped = instance.interceptors.response.use(undefined, (error: unknown) => {
    const cause = (error as { cause?: unknown } | null)?.cause;
    throw isAuthError(cause) ? cause : error;
  });
  return () => {
    // Somebody else may have attached since.
    if (instance.defaults.env === ours) Object.assign(instance.defaults, { adapter, env });
    instance.interceptors.response.eject(unwrapped);
  };
}
