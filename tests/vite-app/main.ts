// An app as Vite's users write it: the package by its name, no configuration.
import * as evertoken from "evertoken";

Object.assign(globalThis, { evertoken });
