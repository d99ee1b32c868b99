// A client as people have written it from that recipe: a token in memory, one shared promise, one retry.
class Tokens {
  #token = null;
  #expiresAt = 0;
  #refreshing = null;
  constructor(base) {
    this.base = base;
  }
  async login(email, password) {
    const response = await fetch(`${this.base}/auth/login`, {
      method: "POST",
      credentials: "include",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Error("login failed");
    const data = await response.json();
    this.#take(data);
    return data.user;
  }
  #take({ accessToken, expiresIn }) {
    this.#token = accessToken;
    this.#expiresAt = Date.now() + expiresIn * 1000;
  }
  async refresh() {
    this.#refreshing ??= (async () => {
      try {
        const response = await fetch(`${this.base}/auth/refresh`, {
          method: "POST",
          credentials: "include",
        });
        if (!response.ok) {
          this.#token = null;
          throw new Error("session expired");
        }
        this.#take(await response.json());
      } finally {
        this.#refreshing = null;
      }
    })();
    return this.#refreshing;
  }
  async fetch(path, init = {}) {
    if (!this.#token || Date.now() > this.#expiresAt - 60_000) await this.refresh();
    const send = () =>
      fetch(this.base + path, {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${this.#token}` },
      });
    let response = await send();
    if (response.status === 401) {
      await this.refresh();
      response = await send();
    }
    return response;
  }
  async logout() {
    const response = await fetch(`${this.base}/auth/logout`, {
      method: "POST",
      credentials: "include",
    });
    this.#token = null;
    return response.json();
  }
}
window.tokens = new Tokens(location.origin);
