// The engine as a file: loaded once, whatever it is given as; and what goes wrong is said, forgotten and tried again.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { build } from "esbuild";
import { createAuthClient as inline, isAuthError as isInlineError } from "evertoken";
import { createAuthClient, isAuthError, loadEngine } from "evertoken/external";

const options = {
  baseUrl: "https://api.example.com",
  restore: "never",
  fetch: async () => Response.json({ accessToken: "token", expiresIn: 900, user: { id: "u1" } }),
} as const;

const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it did not reject"),
    (error: unknown) => {
      assert.ok(isAuthError(error) && isInlineError(error));
      return error;
    },
  );

test("where no module's address is known, as in a classic script, the rejection says to pass one", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { loadEngine } from "evertoken/external"',
      resolveDir: process.cwd(),
    },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "bundle",
    logLevel: "silent",
  });
  const load = new Function(`${outputFiles[0]?.text}; return bundle.loadEngine`)();
  const { code, hint } = await failed(load());
  assert.equal(code, "engine");
  assert.match(hint, /Pass loadEngine the address/);
});

test("the engine is loaded once; before that, and after a failure, the error says what to do", async () => {
  const bytes = await readFile(fileURLToPath(import.meta.resolve("evertoken/engine.wasm")));

  const early = createAuthClient(options);
  const error = await failed(early.ready);
  assert.equal(error.code, "engine");
  assert.match(error.hint, /Await loadEngine/);

  // Not found, a page in its place, half of it, and a platform's own way that fails.
  for (const source of [
    new Response(bytes, { status: 404 }),
    new Response("<html>"),
    new Uint8Array([0, 1, 2]),
    () => Promise.reject(new Error("no such file")),
    "http://127.0.0.1:1/engine.wasm",
  ]) {
    const { code, hint, cause } = await failed(loadEngine(source));
    assert.equal(code, "engine");
    assert.match(hint, /engine\.wasm/);
    assert.ok(cause instanceof Error);
  }

  // Whoever asks while it is being loaded gets the same engine.
  let made = 0;
  const own = async (imports: WebAssembly.Imports) => {
    made += 1;
    return (await WebAssembly.instantiate(bytes, imports)).instance;
  };
  assert.equal(loadEngine(own), loadEngine(own));
  await loadEngine(own);
  await loadEngine(new WebAssembly.Module(bytes));
  await loadEngine(new Response(bytes));
  assert.equal(made, 1);

  const auth = createAuthClient(options);
  assert.deepEqual(await auth.login({}), { id: "u1" });
  auth.dispose();
  // The default entry has the same engine, and need not start another.
  const other = inline(options);
  assert.deepEqual(await other.login({}), { id: "u1" });
  other.dispose();
});
