// What the browser does for the shell in a few lines: promises, parsed answers, storage, randomness. One
// module, because each is a request of its own where nothing bundles them.

/** A promise that somebody else fulfils. */
export class Deferred {
  /** @type {(value: unknown) => void} */
  settle = () => {};
  promise = new Promise((resolve) => (this.settle = resolve));
}

// What a backend said, seen through dotted paths. Base64 and the text of numbers are the browser's.

/**
 * The value at a dotted path; `undefined` if there is none.
 *
 * @param {any} value
 * @param {string} path
 */
export function at(value, path) {
  try {
    return path.split(".").reduce((value, name) => Reflect.get(value, name), value);
  } catch {
    // Something on the way is no object, or has a getter that throws.
    return undefined;
  }
}

/**
 * The string at `path`. A number counts: an id may be one.
 *
 * @param {unknown} value
 * @param {string} path
 */
export function text(value, path) {
  const found = at(value, path);
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}

/**
 * The number at `path`, `NaN` if there is none. A string that is a number counts.
 *
 * @param {unknown} value
 * @param {string} path
 */
export function number(value, path) {
  const found = at(value, path);
  const isNumeric = typeof found === "string" ? found.trim() !== "" : typeof found === "number";
  return isNumeric ? Number(found) : NaN;
}

/**
 * The claims of the JWT at `path`, read and not verified; `undefined` if it is none.
 *
 * @param {unknown} value
 * @param {string} path
 */
export function claims(value, path) {
  const token = at(value, path);
  try {
    const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    const read = JSON.parse(new TextDecoder().decode(bytes));
    return typeof read === "object" && read !== null ? read : undefined;
  } catch {
    return undefined;
  }
}

// What a browser keeps from one start to the next. Where there is no storage, or none is allowed, nothing is kept.

/** @returns {string | undefined} */
export function kept(/** @type {string} */ name) {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text, or forgets what was kept. */
export function keep(/** @type {string} */ name, /** @type {string | undefined} */ text) {
  try {
    if (text === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // The next start asks the backend without it.
  }
}

/** Randomness for jitter and keys: 53 bits, which is what a number holds. */
export function seed() {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 21) * 2 ** 32 + low;
}
