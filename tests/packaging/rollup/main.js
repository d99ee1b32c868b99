// An app as Rollup's users write it. Rollup copies no files by itself: the build copies the engine beside the page.
import * as evertoken from "evertoken";

async function external() {
  const external = await import("evertoken/external");
  await external.loadEngine("engine.wasm");
  return external;
}

Object.assign(globalThis, { evertoken, external });
