// Gives the tests the package; what they do with it is in their scripts.
import * as evertoken from "./evertoken/index.js";

globalThis.evertoken = evertoken;
