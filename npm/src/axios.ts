// axios, with the session's token. Its own `fetch` adapter does the work, and what it calls is ours: so renewals, the one
// retry, the origins that may see the token and everything else are those of `auth.fetch`.

import type { AxiosInstance } from "axios";

import { isAuthError } from "./errors.js";
import type { AuthClient } from "./types.js";

/**
 * Sends an instance's requests through `auth.fetch`; returns how to stop. Where there is no session, or none can be had
 * just now, a request rejects with the `AuthError` itself. What only XMLHttpRequest has is not there.
 *
 * @example
 * const api = axios.create({ baseURL: "https://api.example.com" });
 * attach(api, auth);
 */
export function attach(instance: AxiosInstance, auth: Pick<AuthClient, "fetch">): () => void {
  const { adapter, env } = instance.defaults;
  instance.defaults.adapter = "fetch";
  // With no `Request` axios passes an address and options, of which a body can be sent twice.
  instance.defaults.env = {
    ...env,
    fetch: auth.fetch,
    Request: null,
    Response: null,
  } as unknown as NonNullable<typeof env>;
  const unwrapped = instance.interceptors.response.use(undefined, (error: unknown) => {
    const cause = (error as { cause?: unknown } | null)?.cause;
    throw isAuthError(cause) ? cause : error;
  });
  return () => {
    Object.assign(instance.defaults, { adapter, env });
    instance.interceptors.response.eject(unwrapped);
  };
}
