/**
 * The client that many posts describe, for comparison: on a 401 it refreshes and sends the call again; if it gets no
 * token, it signs out. It is honest work, and right as long as calls come one by one, in one tab, on a network that
 * never fails. It has no lock between tabs, and no key for the server to know it by; and unless it is told to share, no
 * shared refresh either.
 *
 * @typedef {{ type: "signed-in" | "refresh-started" | "refreshed" | "retried" }
 *   | { type: "signed-out", asked: boolean }
 *   | { type: "refresh-failed", status: number | null }} NaiveEvent
 * @typedef {{ baseUrl: string, fetch: typeof fetch, onEvent: (event: NaiveEvent) => void }} NaiveOptions
 */

/** @param {NaiveOptions} options */
export function createNaiveClient({ baseUrl, fetch, onEvent }) {
  /** The better posts: calls that are refused together share one refresh. It ends at the tab's edge all the same. */
  let sharing = false;
  /** @type {Promise<void> | null} */
  let shared = null;
  /** @type {string | null} */
  let accessToken = null;
  let expiresAt = 0;

  /** @param {{ accessToken: string, expiresIn: number }} grant */
  function keep(grant) {
    accessToken = grant.accessToken;
    expiresAt = Date.now() + grant.expiresIn * 1000;
  }

  /** @param {boolean} asked */
  function forget(asked) {
    if (accessToken === null) return;
    accessToken = null;
    onEvent({ type: "signed-out", asked });
  }

  /** @param {{ email: string, password: string }} credentials */
  async function login(credentials) {
    const response = await fetch(`${baseUrl}/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    });
    if (!response.ok) throw new Error(`The login was answered ${response.status}.`);
    keep(await response.json());
    onEvent({ type: "signed-in" });
  }

  async function refresh() {
    onEvent({ type: "refresh-started" });
    const response = await fetch(`${baseUrl}/auth/refresh`, { method: "POST" }).catch(() => null);
    if (!response?.ok) {
      onEvent({ type: "refresh-failed", status: response?.status ?? null });
      forget(false);
      throw new Error("Signed out.");
    }
    keep(await response.json());
    onEvent({ type: "refreshed" });
  }

  return {
    login,
    /** What such a page does when it is loaded. */
    refresh,
    /** @param {string} path @param {RequestInit} [init] */
    async fetch(path, init) {
      const send = () =>
        fetch(`${baseUrl}${path}`, {
          ...init,
          headers: { Authorization: `Bearer ${accessToken}` },
        });
      const response = await send();
      if (response.status !== 401) return response;
      if (sharing) await (shared ??= refresh().finally(() => (shared = null)));
      else await refresh();
      onEvent({ type: "retried" });
      return send();
    },
    async logout() {
      forget(true);
      await fetch(`${baseUrl}/auth/logout`, { method: "POST" });
    },
    /** @param {boolean} on */
    share(on) {
      sharing = on;
    },
    /** What the picture shows; the token stays in here. */
    get session() {
      return { signedIn: accessToken !== null, expiresAt };
    },
  };
}
