/**
 * A drawing that is kept. Who draws says again and again what there is, each thing under a key of its own; what the sheet
 * has already is left alone but for what has changed, what is new is made, and what was not named again goes. A browser
 * then lays out and paints what is new, and not everything twelve times a second.
 *
 * @typedef {{ [name: string]: string | number }} Attributes
 */

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name @param {Attributes} attributes @param {(Node | string)[]} children */
export function node(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  change(made, attributes);
  made.append(...children);
  return made;
}

/** Writes what is not so already. @param {Element} element @param {Attributes} attributes */
export function change(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = typeof value === "number" ? value.toFixed(1) : value;
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** The same for a text. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class Sheet {
  /** @type {Map<string, Layer>} */
  #layers = new Map();

  /** @param {SVGElement} parent @param {string[]} layers the lowest first */
  constructor(parent, layers) {
    for (const name of layers) {
      const group = node("g", {});
      parent.append(group);
      this.#layers.set(name, { group, things: new Map(), named: new Set() });
    }
  }

  /**
   * What is under this key is this now.
   *
   * @param {string} layer @param {unknown} key @param {string} name @param {Attributes} attributes
   * @param {() => (Node | string)[]} [children] of one that is new; they do not change
   */
  put(layer, key, name, attributes, children) {
    const { group, things, named } = this.#layer(layer);
    named.add(key);
    let thing = things.get(key);
    if (thing) {
      change(thing, attributes);
      return thing;
    }
    thing = node(name, attributes, ...(children?.() ?? []));
    things.set(key, thing);
    group.append(thing);
    return thing;
  }

  /** @param {string} layer @param {unknown} key @param {Attributes} attributes @param {string} content */
  text(layer, key, attributes, content) {
    say(this.put(layer, key, "text", attributes), content);
  }

  /** Takes away what was not named since this was called last. */
  sweep() {
    for (const { things, named } of this.#layers.values()) {
      for (const [key, thing] of things) {
        if (named.has(key)) continue;
        thing.remove();
        things.delete(key);
      }
      named.clear();
    }
  }

  /** @param {string} name @returns {Layer} */
  #layer(name) {
    const layer = this.#layers.get(name);
    if (!layer) throw new Error(`The sheet has no layer ${name}`);
    return layer;
  }
}

/** @typedef {{ group: SVGElement, things: Map<unknown, SVGElement>, named: Set<unknown> }} Layer */
