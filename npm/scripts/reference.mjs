// Writes docs/api.md: what each entry point exports, as its types and their comments have it. `npm run reference`, after a
// build; a test sees to it that it was run.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import prettier from "prettier";

const npm = new URL("../", import.meta.url);
const page = new URL("../docs/api.md", npm);

const HEAD = `# API

Made from the types by \`npm run reference\`. Durations are milliseconds, times are epoch milliseconds.
`;

/** The page as it should be. */
export async function reference() {
  const manifest = JSON.parse(await readFile(new URL("package.json", npm), "utf8"));
  const told = new Set();
  let text = HEAD;
  for (const [path, { types }] of Object.entries(manifest.exports)) {
    const exported = types ? await exports(new URL(types, npm)) : new Map();
    const fresh = [...exported].filter(([name]) => !told.has(name) || name === "createAuthClient");
    if (told.size > 0 && [...exported.keys()].every((name) => told.has(name))) {
      if (types) text += `\n## ${path.replace(".", "evertoken")}\n\nThe same as \`evertoken\`.\n`;
      continue;
    }
    text += `\n## ${path.replace(".", "evertoken")}\n`;
    text += imports([...told], fresh);
    fresh.forEach(([name, declaration], at) => {
      text += `\n### ${name}\n\n${prose(declaration.comment)}\n`;
      text += `${at > 0 ? "\n<!-- continues -->\n" : ""}\n\`\`\`ts\n${declaration.code}\n\`\`\`\n`;
      told.add(name);
    });
  }
  const config = JSON.parse(await readFile(new URL(".prettierrc.json", npm), "utf8"));
  return prettier.format(text, { ...config, parser: "markdown" });
}

/** What a file of types exports, by name. */
async function exports(file) {
  const text = await readFile(file, "utf8");
  const found = new Map();
  for (const [name, declaration] of declarations(text)) found.set(name, declaration);
  for (const [, names, from] of text.matchAll(/^export (.+?) from "(.+?)";/gms)) {
    const all = await exports(new URL(from.replace(/\.js$/, ".d.ts"), file));
    for (const [name, declaration] of all) {
      if (names === "*" || new RegExp(`\\b${name}\\b`).test(names)) found.set(name, declaration);
    }
  }
  return found;
}

/** Each exported declaration and the comment before it. */
function* declarations(text) {
  // A comment may also stand inside of a type, so it ends a declaration only before the next one.
  const comment = String.raw`(\/\*\*(?:(?!\*\/).)*\*\/\n)`;
  const next = String.raw`(?=^${comment}?(?:export|declare|type|interface|import)\b|$(?![^]))`;
  const start = String.raw`^${comment}?(export (?:declare )?(?:function|class|interface|type) (\w+).*?)`;
  const whole = new RegExp(start + next, "gms");
  for (const [, comment = "", code, name] of text.matchAll(whole)) {
    const seen = code.replace(/^ *\/\*\* @internal \*\/\n.*\n/gm, "").trimEnd();
    yield [name, { comment, code: seen }];
  }
}

/** A comment as a paragraph; what it throws and takes are sentences of it, examples are the guides'. */
function prose(comment) {
  return comment
    .replace(/^\/\*\*|\*\/\s*$/g, "")
    .replace(/^ \* ?/gm, "")
    .replace(/@example[^@]*/g, "")
    .replace(/\{@link ([\w.]+)\}/g, "`$1`")
    .replace(/@param (\w+)/g, "\n`$1`:")
    .replace(/@throws (\w+)/g, "\nThrows `$1`")
    .trim();
}

/** What a section's code needs of those before it, for who compiles it. */
function imports(told, fresh) {
  const names = told.filter((name) =>
    fresh.some(([, { code }]) => new RegExp(`\\b${name}\\b`).test(code)),
  );
  const own = new Set(fresh.map(([name]) => name));
  const lines = [];
  const needed = names.filter((name) => !own.has(name));
  if (needed.length > 0) lines.push(`import type { ${needed.join(", ")} } from "evertoken";`);
  for (const [module, known] of Object.entries(ELSEWHERE)) {
    const used = known.filter((name) =>
      fresh.some(([, { code }]) => new RegExp(`\\b${name}\\b`).test(code)),
    );
    if (used.length > 0) lines.push(`import type { ${used.join(", ")} } from "${module}";`);
  }
  return lines.length > 0 ? `\n<!-- given\n${lines.join("\n")}\n-->\n` : "";
}

const ELSEWHERE = { react: ["ReactElement", "ReactNode"], axios: ["AxiosInstance"] };

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(page, await reference());
