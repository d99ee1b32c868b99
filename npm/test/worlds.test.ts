// Many lives of the whole package, each from a seed (`worlds/world.ts`). `EVERTOKEN_WORLDS=FROM-TO` lives others.

import { test } from "node:test";

import { live } from "./worlds/world.js";

const [from = 1, to = 300] = (process.env.EVERTOKEN_WORLDS ?? "").match(/\d+/g)?.map(Number) ?? [];

test("in many random lives of several tabs nobody is signed out, left waiting or taken for a thief", async () => {
  for (let seed = from; seed <= to; seed++) await live(seed);
});
