// What would be published: all of what is exported, its pages, and nothing else.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const npm = new URL("../", import.meta.url);
const text = (path: string) => readFile(new URL(path, npm), "utf8");

interface Manifest {
  main: string;
  exports: Record<string, string | { types: string; default: string }>;
  [member: string]: unknown;
}
const manifest = JSON.parse(await text("package.json")) as Manifest;

/** What `npm publish` would send; it publishes nothing, and asks nobody. */
async function published(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    "npm",
    ["publish", "--dry-run", "--json", "--registry", "http://127.0.0.1:9", "--fetch-retries", "0"],
    { cwd: fileURLToPath(npm) },
  );
  const { evertoken } = JSON.parse(stdout) as { evertoken: { files: { path: string }[] } };
  return evertoken.files.map(({ path }) => path).sort();
}

/** These files and whatever they import, one after the other. */
async function reachable(first: string[]): Promise<Set<string>> {
  const found = new Set<string>();
  const left = [...first];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    if (path.endsWith(".js")) found.add(`${path}.map`);
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    const isTypes = path.endsWith(".d.ts");
    for (const [, named] of (await text(path)).matchAll(
      /(?:from|import)\s*\(?\s*["'](\.\/[^"']+\.js)["']/g,
    )) {
      const file = new URL(named!, new URL(path, "file:///")).pathname.slice(1);
      left.push(isTypes ? file.replace(/js$/, "d.ts") : file);
    }
  }
  return found;
}

test("the package holds what it exports, its pages, and nothing else", async () => {
  const exported = Object.values(manifest.exports)
    .flatMap((target) => (typeof target === "string" ? target : Object.values(target)))
    .map((path) => path.replace(/^\.\//, ""));
  const pages = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];
  const wanted = await reachable([...exported, ...pages]);
  assert.deepEqual(await published(), [...wanted].sort());
});

test("it says where it runs, brings nothing along, runs nothing when installed, and proves where it was built", () => {
  const { engines, sideEffects, license, publishConfig, dependencies, main } = manifest;
  assert.deepEqual(
    { engines, sideEffects, license, publishConfig, dependencies },
    {
      engines: { node: ">=20" },
      sideEffects: false,
      license: "MIT OR Apache-2.0",
      publishConfig: { access: "public", provenance: true },
      dependencies: undefined,
    },
  );
  const root = manifest.exports["."];
  assert.ok(typeof root === "object");
  assert.equal(main, root.default, "for resolvers that know no exports");
  const scripts = Object.keys(manifest.scripts as object);
  const hooks = scripts.filter((name) => /install|prepare|prepublish|prepack/.test(name));
  assert.deepEqual(hooks, []);
});

test("no file of it says on whose machine it was built", async () => {
  const here = [fileURLToPath(new URL("../", npm)), homedir()].filter(({ length }) => length > 3);
  for (const path of await published()) {
    const content = await readFile(new URL(path, npm), "latin1");
    for (const place of here) assert.ok(!content.includes(place), `${path} names ${place}`);
  }
});

test("React's part says that it is for the browser, where pages are rendered on a server as well", async () => {
  assert.match(await text("dist/react.js"), /^"use client";/);
});
