// The same client, with its engine as a file, which is cached by itself. It has to be loaded before the first client is made.

import { makeClient } from "./client.js";
import { loadedEngine, startEngine } from "./engine.js";
import { engineError } from "./errors.js";
import type { AuthClient, AuthClientOptions, User } from "./types.js";

export * from "./exports.js";

/**
 * Where the engine is: an address, an answer, its bytes, a compiled module, or a function that makes an instance of it
 * with these imports, for platforms that have a way of their own.
 */
export type EngineSource =
  | string
  | URL
  | Response
  | BufferSource
  | WebAssembly.Module
  | ((imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>);

const NOT_LOADED = "Await loadEngine() before the first createAuthClient().";
const NOT_FOUND =
  "Pass loadEngine the address of the package's engine.wasm; a Content-Security-Policy must allow it in connect-src, and 'wasm-unsafe-eval' in script-src.";

let loading: Promise<void> | undefined;

/**
 * Loads the engine; to be awaited before {@link createAuthClient}. It is compiled once, however often this is called; a
 * load that failed is forgotten, so that the next call tries again.
 *
 * @param source Default: `engine.wasm` beside this module, which Vite, webpack and Parcel find by themselves.
 * @throws AuthError `engine`
 */
export function loadEngine(source?: EngineSource): Promise<void> {
  loading ??= loadedEngine((imports) => instantiate(source, imports)).catch((cause: unknown) => {
    loading = undefined;
    throw engineError(cause, NOT_FOUND);
  });
  return loading;
}

/**
 * A client for one backend. It starts at once; {@link AuthClient.ready} says when the session from last
 * time is back, and rejects where {@link loadEngine} was not awaited before.
 *
 * @throws AuthError `invalid_argument`, naming the option.
 */
export function createAuthClient<U = User>(options: AuthClientOptions<U> = {}): AuthClient<U> {
  return makeClient(() => startEngine(notLoaded), options);
}

function notLoaded(): never {
  throw engineError(undefined, NOT_LOADED);
}

async function instantiate(
  // Not where it is called: in a classic script there is no `import.meta.url`, and that has to be told like the rest.
  source: EngineSource = new URL("./engine.wasm", import.meta.url),
  imports: WebAssembly.Imports,
): Promise<WebAssembly.Instance> {
  if (typeof source === "function") return source(imports);
  if (source instanceof WebAssembly.Module) return new WebAssembly.Instance(source, imports);
  // Not while it streams: servers that do not know the type of a `.wasm` are many, and it is small.
  const bytes =
    typeof source === "string" || source instanceof URL
      ? await bytesOf(await fetch(source))
      : source instanceof Response
        ? await bytesOf(source)
        : source;
  return (await WebAssembly.instantiate(bytes, imports)).instance;
}

function bytesOf(response: Response): Promise<ArrayBuffer> {
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  return response.arrayBuffer();
}
