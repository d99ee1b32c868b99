// An app as Parcel's users write it: the package by its name, no configuration.
import * as evertoken from "evertoken";

async function external() {
  const external = await import("evertoken/external");
  await external.loadEngine();
  return external;
}

Object.assign(globalThis, { evertoken, external });
