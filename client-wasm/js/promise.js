/** A promise that somebody else fulfils. */
export class Deferred {
  /** @type {(value: unknown) => void} */
  settle = () => {};
  promise = new Promise((resolve) => (this.settle = resolve));
}
