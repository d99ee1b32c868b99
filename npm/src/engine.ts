// Starts the engine, which is inside this module: nothing else is fetched, and it is there at once.

import { Engine, initSync } from "../engine/evertoken.js";
import bytes from "../engine/evertoken_bg.wasm";
import { engineError } from "./errors.js";

export { Engine };

let started = false;

/** Compiles the engine at its first use. A start that failed is forgotten, so the next one tries again. */
export function startEngine(): void {
  if (started) return;
  try {
    initSync({ module: bytes });
    started = true;
  } catch (cause) {
    throw engineError(cause);
  }
}
