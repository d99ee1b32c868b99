// What a world is made of: the backend, the browser, and how often something goes wrong.

import type { Chance } from "./chance.js";

export const USERS = ["a", "b"];

export class Setting {
  readonly contract: "rotation" | "oauth2" | "code-exchange" | "gateway";
  /** The refresh token is no cookie. */
  readonly inBody: boolean;
  /** The tabs are one client: they have one cookie, or one storage. */
  readonly isShared: boolean;
  /** The storage does not answer at once, so that another tab may come between reading and writing. */
  readonly isSlow: boolean;
  /** Signs in by itself, as this user. */
  readonly silent: string | undefined;
  readonly without: ("locks" | "channel")[];
  /** The backend is the page's own origin, so a generation that no key was handed for gets a random one. */
  readonly isOwn: boolean;
  /** One fault in so many exchanges; none: 0. */
  readonly faults: number;

  constructor(chance: Chance) {
    this.contract = chance.of(["rotation", "rotation", "oauth2", "code-exchange", "gateway"]);
    this.inBody = this.contract === "oauth2" || this.contract === "code-exchange";
    this.isShared = !this.inBody || !chance.one(3);
    this.isSlow = this.inBody && chance.one(2);
    this.silent = this.contract === "code-exchange" ? chance.of(USERS) : undefined;
    this.without = chance.of([[], [], [], ["locks"], ["channel"], ["locks", "channel"]]);
    this.isOwn = !chance.one(4);
    this.faults = chance.of([0, 0, 8, 3]);
  }
}
