// The code in the documents. A block of TypeScript or JavaScript is a module of its own, unless `<!-- continues -->` stands
// before it. Its first line may be its name, `// auth.ts`, by which others import it; what only a reader can fill in is
// declared in a comment before it that no reader sees, `<!-- given … -->`.

import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { parser as java } from "@lezer/java";
import { parser as python } from "@lezer/python";
import { build } from "esbuild";

/** This is bundled into `npm/.test`. */
const here = new URL("./", import.meta.url);
const root = new URL("../../", here);
// Of each process its own: test files run beside each other.
const code = new URL(`documents-${process.pid}/`, here);

export interface Block {
  /** Such as `docs/recipes.md:12`. */
  place: string;
  /** The file it became. */
  file: string;
  text: string;
}

/** Every document that is written by hand or made of the types. */
export async function documents(): Promise<string[]> {
  const found = [];
  for (const folder of ["", "docs/", "examples/demo/"]) {
    for (const name of await readdir(new URL(folder, root))) {
      if (name.endsWith(".md")) found.push(folder + name);
    }
  }
  return found;
}

export const read = (name: string) => readFile(new URL(name, root), "utf8");

/** The blocks of TypeScript and JavaScript in a document. */
export function blocks(name: string, text: string): Block[] {
  const found: Block[] = [];
  const lines = text.split("\n");
  let given = "";
  let continues = false;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (line === "<!-- continues -->") continues = true;
    if (line === "<!-- given") {
      const end = lines.indexOf("-->", at);
      given = lines.slice(at + 1, end).join("\n");
      at = end;
    }
    const kind = /^```(ts|tsx|js|jsx|mjs|typescript|javascript)\b/.exec(line)?.[1];
    if (!kind) {
      // The other fences must not be mistaken for the beginning of one.
      if (line.startsWith("```")) at = lines.indexOf("```", at + 1);
      continue;
    }
    const end = lines.indexOf("```", at + 1);
    const body = lines.slice(at + 1, end).join("\n");
    const before = found.at(-1);
    if (continues && before) before.text += `\n${given}\n${body}`;
    else {
      const named = /^\/\/ ([\w./-]+\.\w+)\n/.exec(body)?.[1];
      found.push({
        place: `${name}:${at + 1}`,
        file: `${basename(name, ".md")}/${named ?? `line-${at + 1}.${kind}`}`,
        text: `${given}\n${body}\n`,
      });
    }
    given = "";
    continues = false;
    at = end;
  }
  return found;
}

/** Blocks in languages that nothing here can run are parsed, as what stands in a class, a module or a file by itself. */
const FOREIGN: Record<string, (body: string) => boolean> = {
  java: (body) => parses(java, `class Outline {\n${body}\n}`),
  python: (body) => parses(python, body),
  json: (body) => Boolean(JSON.parse(body)),
};

/** Blocks in such languages, by what they are, and whether they can be read. */
export function foreign(name: string, text: string): [place: string, isRight: boolean][] {
  const found = text.matchAll(/^```(\w+)\n([^]*?)^```$/gm);
  return [...found].flatMap(([, kind = "", body = ""]) => {
    const check = FOREIGN[kind];
    return check ? [[`${name}: ${kind}`, check(body)]] : [];
  });
}

function parses(parser: typeof java, text: string): boolean {
  let isRight = true;
  parser.parse(text).iterate({
    enter({ type }) {
      if (type.isError) isRight = false;
    },
  });
  return isRight;
}

const SETTINGS = {
  compilerOptions: {
    strict: true,
    target: "es2022",
    lib: ["es2022", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    moduleDetection: "force",
    allowJs: true,
    checkJs: true,
    jsx: "react-jsx",
    types: ["node"],
    skipLibCheck: true,
    noEmit: true,
  },
};

/** Writes blocks as the files they are. */
export async function write(all: Block[]): Promise<void> {
  await rm(code, { recursive: true, force: true });
  for (const { file, text } of all) {
    await mkdir(new URL(".", new URL(file, code)), { recursive: true });
    await writeFile(new URL(file, code), text);
  }
  await writeFile(new URL("tsconfig.json", code), JSON.stringify(SETTINGS));
}

/** What tsc says of them, which is nothing where all is well. */
export async function complaints(): Promise<string> {
  const tsc = fileURLToPath(new URL("../node_modules/.bin/tsc", here));
  const ran = promisify(execFile)(tsc, [
    "--project",
    fileURLToPath(new URL("tsconfig.json", code)),
  ]);
  return ran.then(
    ({ stdout }) => stdout,
    (error: { stdout: string; message: string }) => error.stdout || error.message,
  );
}

/** Runs a block as a module, in which what `./auth.js` exports is this. */
export async function run<T>(file: string, auth?: unknown): Promise<T> {
  const outfile = fileURLToPath(new URL(`${file}.run.mjs`, code));
  Object.assign(globalThis, { authOfDocuments: auth });
  await build({
    entryPoints: [fileURLToPath(new URL(file, code))],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    jsx: "automatic",
    logLevel: "silent",
    plugins: [
      {
        name: "auth",
        setup(build) {
          build.onResolve({ filter: /^\.\/auth\.js$/ }, () => ({
            path: "auth",
            namespace: "auth",
          }));
          build.onLoad({ filter: /.*/, namespace: "auth" }, () => ({
            contents: "export const auth = globalThis.authOfDocuments;",
          }));
        },
      },
    ],
  });
  // As often as it is asked for, with the client it is given then.
  return (await import(`${outfile}?${performance.now()}`)) as T;
}
