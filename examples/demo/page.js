/** What several parts of the page do with its elements. */

/** @param {string} selector @returns {HTMLElement} */
export function $(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

/** @param {string} selector @param {() => unknown} action */
export function on(selector, action) {
  const button = $(selector);
  button.addEventListener("click", () => {
    // aria-disabled keeps the focus and lets the reason be read.
    if (button.getAttribute("aria-disabled") !== "true") action();
  });
}

/** @param {HTMLElement} button @param {boolean} yes */
export function unavailable(button, yes) {
  if (yes) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}
