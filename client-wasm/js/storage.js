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
