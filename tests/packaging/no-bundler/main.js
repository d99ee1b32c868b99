// A page as it is written without a bundler: an import map says where the package is.
import * as evertoken from "evertoken";

async function external() {
  const external = await import("evertoken/external");
  await external.loadEngine();
  return external;
}

Object.assign(globalThis, { evertoken, external });
