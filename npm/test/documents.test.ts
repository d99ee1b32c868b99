// The documents are true: what they show compiles, in the strictest mode, and the reference is what the types say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blocks, complaints, documents, foreign, read, write } from "./support/documents.js";

test("every block of code in the documents compiles", async () => {
  const all = [];
  for (const name of await documents()) all.push(...blocks(name, await read(name)));
  assert.ok(all.length > 20, `there are some: ${all.length}`);
  const files = all.map(({ file }) => file);
  assert.deepEqual([...new Set(files)], files, "and each is a file of its own");
  await write(all);
  assert.equal(await complaints(), "");
});

test("every block in another language can be read by a parser of that language", async () => {
  const all = [];
  for (const name of await documents()) all.push(...foreign(name, await read(name)));
  const kinds = new Set(all.map(([place]) => place.split(": ")[1]));
  assert.deepEqual([...kinds].sort(), ["java", "json", "python"]);
  assert.deepEqual(
    all.filter(([, isRight]) => !isRight),
    [],
  );
});

test("the API reference is what the types say", async () => {
  // A variable, since its path is another one where this is bundled to.
  const script = new URL("../scripts/reference.mjs", import.meta.url).href;
  const { reference } = (await import(script)) as { reference(): Promise<string> };
  assert.equal(await read("docs/api.md"), await reference(), "`npm run reference` makes it anew");
});
