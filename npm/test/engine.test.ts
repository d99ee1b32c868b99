// One engine for all entry points, whichever is first.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { createAuthClient as inline } from "evertoken";
import { createAuthClient, loadEngine } from "evertoken/external";

import text from "../engine/text.js";
import { bytesOf } from "../src/text.js";

test("where the engine runs already nothing is loaded", async () => {
  const options = { baseUrl: "https://api.example.com", restore: "never" } as const;
  inline(options).dispose();
  await loadEngine("http://127.0.0.1:1/nothing-is-here");
  const auth = createAuthClient(options);
  await auth.ready;
  assert.deepEqual(auth.session, { status: "signed-out", reason: "never" });
  auth.dispose();
});

test("the engine inside the module is the engine in the file, byte for byte", async () => {
  const file = await readFile(fileURLToPath(import.meta.resolve("evertoken/engine.wasm")));
  assert.deepEqual(Buffer.from(bytesOf(text)), file);
});
