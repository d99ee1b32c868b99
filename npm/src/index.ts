// evertoken: sign in once, stay signed in. The engine is inside this module: nothing else is fetched, and it is there at
// once.

import engine from "../engine/text.js";
import { makeClient } from "./client.js";
import { startEngine } from "./engine.js";
import { bytesOf } from "./text.js";
import type { AuthClient, AuthClientOptions, User } from "./types.js";

export * from "./exports.js";

/**
 * A client for one backend. It starts at once; {@link AuthClient.ready} says when the session from last
 * time is back.
 *
 * @example
 * const auth = createAuthClient({ baseUrl: "https://api.example.com" });
 * await auth.ready;
 * if (auth.session.status !== "signed-in") await auth.login({ email, password });
 * const response = await auth.fetch("/bookings");
 *
 * @throws AuthError `invalid_argument`, naming the option.
 */
export function createAuthClient<U = User>(options: AuthClientOptions<U> = {}): AuthClient<U> {
  const compile = (imports: WebAssembly.Imports) =>
    new WebAssembly.Instance(new WebAssembly.Module(bytesOf(engine)), imports);
  return makeClient(() => startEngine(compile), options);
}
