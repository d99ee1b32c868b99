// Gives a worker the package, and runs there what a test sends it.
import * as evertoken from "./evertoken/index.js";

globalThis.evertoken = evertoken;

const AsyncFunction = (async () => {}).constructor;

addEventListener("install", () => globalThis.skipWaiting());
addEventListener("message", ({ data: [body, args], ports: [port] }) => {
  new AsyncFunction("args", body)(args).then(
    (value) => port.postMessage({ value }),
    (error) => port.postMessage({ thrown: `${error.code ?? error}` }),
  );
});
