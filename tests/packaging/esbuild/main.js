// An app as esbuild's users write it. Its loader `file` copies the engine and gives its address.
import * as evertoken from "evertoken";
import engine from "evertoken/engine.wasm";

async function external() {
  const external = await import("evertoken/external");
  await external.loadEngine(engine);
  return external;
}

Object.assign(globalThis, { evertoken, external });
