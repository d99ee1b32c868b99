/**
 * On a wide screen the picture stands beside the app, on a narrow one between a story and the app. It is moved there in
 * the document too, so that the keyboard and a screen reader go through the page as the eye does.
 */
import { $ } from "./page.js";

/** As in layout.css: from here on there are three columns. */
const wide = matchMedia("(min-width: 78rem)");

export function layOut() {
  const [side, app, picture] = [$(".side"), $(".app"), $(".picture")];
  const place = () => (wide.matches ? side.after(picture) : app.before(picture));
  wide.addEventListener("change", place);
  place();
}
