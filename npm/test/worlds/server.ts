// A strict backend in a page of code: one-time refresh tokens with handed keys, reuse detection, logins that replace. It has
// nothing of the mock server's code, and answers at once; the network around it is what takes time and loses things.

import type { Setting } from "./setting.js";

/** What arrives. */
export interface Question {
  path: string;
  /** The refresh token: the cookie, or from the body. */
  token: string | undefined;
  key: string | undefined;
  bearer: string | undefined;
  user: string | undefined;
}

/** What is answered. `token`: a refresh token, `null` to forget it. */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
  token?: string | null;
  /** An access token in a header. */
  renewed?: string;
}

interface Family {
  id: number;
  user: string;
  seq: number;
  /** The highest position spent without a key. */
  bare: number;
  /** The key of no family that came with the last rotation. */
  foreign: string | undefined;
  over: string | undefined;
  replacedBy: number | undefined;
}

const ACCESS_TTL = 900;

/** Whom an access token names. */
export function subject(bearer: string): string {
  const claims = Buffer.from(bearer.split(".")[1] ?? "", "base64url").toString();
  return (JSON.parse(claims) as { sub: string }).sub;
}

export class Server {
  reuse = 0;
  /** Of these, where somebody came without the key, who cannot have been told of it yet. */
  bareReuse = 0;
  readonly #now: () => number;
  readonly isCookie: boolean;
  /** It renews while it serves. */
  readonly #isGateway: boolean;
  readonly #families: Family[] = [];
  readonly #access = new Map<string, { user: string; expires: number }>();
  #issued = 0;

  constructor(now: () => number, { inBody, contract }: Setting) {
    this.#now = now;
    this.isCookie = !inBody;
    this.#isGateway = contract === "gateway";
  }

  /** Whose refresh token this is, if it can still be used. */
  owner(token: string | undefined): string | undefined {
    const family = this.#of(token);
    return family && !family.over ? family.user : undefined;
  }

  /** Ends all sessions of a user. */
  revoke(user: string, reason: string): void {
    for (const family of this.#families) if (family.user === user) family.over ??= reason;
  }

  /** No access token that was issued so far is good any longer. */
  expire(): void {
    this.#access.clear();
  }

  /** Whose access token this is. */
  bearer(token: string | undefined): string | undefined {
    const access = this.#access.get(token ?? "");
    return access && access.expires > this.#now() ? access.user : undefined;
  }

  /** Signs in where no client sees it. */
  mint(user: string): Answer {
    return this.#granted(this.#open(user));
  }

  answer(question: Question): Answer {
    switch (question.path) {
      case "login":
        return this.#login(question);
      case "refresh":
        return this.#refresh(question);
      case "logout":
        return this.#logout(question);
      default:
        return this.#serve(question);
    }
  }

  #serve({ path, bearer, token }: Question): Answer {
    if (this.bearer(bearer)) {
      if (path === "admin") return { status: 403, body: { error: "insufficient_scope" } };
      return { status: 200, body: {} };
    }
    const wrong = { status: 401, body: { error: "invalid_token" } };
    if (!this.#isGateway || !bearer) return wrong;
    const family = this.#of(token);
    if (!family || family.over || family.user !== subject(bearer)) {
      return { status: 403, body: { error: "invalid_grant" } };
    }
    return { status: 200, body: {}, renewed: this.#accessFor(family) };
  }

  #login({ user, token }: Question): Answer {
    if (!user || user === "stranger")
      return { status: 401, body: { error: "invalid_credentials" } };
    const before = this.isCookie ? this.#of(token) : undefined;
    const family = this.#open(user);
    if (before && !before.over) {
      before.over = "replaced";
      before.replacedBy = family.id;
    }
    return this.#granted(family);
  }

  #open(user: string): Family {
    const family: Family = {
      id: this.#families.length,
      user,
      seq: 1,
      bare: 0,
      foreign: undefined,
      over: undefined,
      replacedBy: undefined,
    };
    this.#families.push(family);
    return family;
  }

  #refresh({ token, key }: Question): Answer {
    const denied = (reason: string): Answer => {
      const body = { error: "invalid_grant", reason };
      if (!this.isCookie) return { status: 400, body };
      const clears = key === undefined && token !== undefined;
      return { status: 401, body, ...(clears && { token: null }) };
    };
    if (token === undefined) return denied("missing");
    const family = this.#of(token);
    if (!family) return denied("revoked");
    const keyed = /^(\d+)\.of\.(\d+)$/.exec(key ?? "");
    const position = Number(token.split(".")[1]);
    if (family.over) {
      // The honest browser whose cookie a late answer put back, after a login took its place.
      for (let at = family.replacedBy; at !== undefined; at = this.#families[at]?.replacedBy) {
        const successor = this.#families[at] as Family;
        if (keyed && Number(keyed[2]) === at && !successor.over) return this.#granted(successor);
      }
      return denied(family.over);
    }
    const handed = keyed && Number(keyed[2]) === family.id ? Number(keyed[1]) : 0;
    const newest = Math.max(position, handed);
    const vouched = handed > 0 && newest > family.bare;
    const same = handed === 0 && key !== undefined && key === family.foreign;
    if (position === family.seq) {
      if (handed === 0) family.bare = position;
      family.foreign = handed === 0 ? key : undefined;
      family.seq += 1;
      return this.#granted(family);
    }
    if (vouched && newest === family.seq) return this.#granted(family);
    if (newest === family.seq - 1 && (vouched || same)) return this.#granted(family);
    if (vouched && newest < family.seq) return { status: 409, body: { error: "superseded" } };
    this.reuse += 1;
    if (family.bare > 0 || handed === 0) this.bareReuse += 1;
    this.revoke(family.user, "reuse");
    return denied("reuse");
  }

  #logout({ token }: Question): Answer {
    const family = this.#of(token);
    if (family) {
      const isOld = Number(token?.split(".")[1]) < family.seq - 1;
      if (family.over || isOld) family.over ??= "logout";
      else this.revoke(family.user, "logout");
    }
    return { status: 200, body: { success: true }, ...(this.isCookie && { token: null }) };
  }

  #of(token: string | undefined): Family | undefined {
    const [, id] = /^(\d+)\.\d+$/.exec(token ?? "") ?? [];
    return id === undefined ? undefined : this.#families[Number(id)];
  }

  #accessFor(family: Family): string {
    const now = this.#now();
    const claims = { sub: family.user, jti: (this.#issued += 1), iat: Math.floor(now / 1_000) };
    const access = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
    this.#access.set(access, { user: family.user, expires: now + ACCESS_TTL * 1_000 });
    return access;
  }

  #granted(family: Family): Answer {
    const accessToken = this.#accessFor(family);
    const token = `${family.id}.${family.seq}`;
    const key = `${family.seq}.of.${family.id}`;
    const user = { id: family.user };
    const camel = { accessToken, expiresIn: ACCESS_TTL, refreshKey: key, user };
    const snake = { access_token: accessToken, expires_in: ACCESS_TTL, refresh_key: key };
    const body = this.isCookie
      ? camel
      : { ...camel, ...snake, refreshToken: token, refresh_token: token };
    return { status: 200, body, ...(this.isCookie && { token }) };
  }
}
