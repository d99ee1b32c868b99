// For those who are signed in. Everybody else is sent to the login, whenever it turns out that they are not.
import { at, attempt, auth } from "./auth.js";

function leaveIfSignedOut(session) {
  if (session.status !== "signed-out") return;
  const { reason } = session;
  // Not assign(): "back" should lead to where one was before, and not into this page again.
  location.replace(`./login.html?${new URLSearchParams({ reason })}`);
}

let looked = 0;

async function look() {
  const response = await auth.fetch("/api/v1/bookings");
  const bookings = await response.json();
  looked += 1;
  at("bookings").replaceChildren(
    ...bookings.map(({ tour, seats }) => {
      const item = document.createElement("li");
      item.textContent = `${tour}: ${seats} seats`;
      return item;
    }),
  );
  at("bookings").dataset.looked = looked;
  at("bookings").hidden = false;
}

at("again").addEventListener("click", () => attempt(look));
at("logout").addEventListener("click", () => attempt(() => auth.logout()));

auth.subscribe(leaveIfSignedOut);
await auth.ready;
leaveIfSignedOut(auth.session);
if (auth.session.status === "signed-in") {
  at("who").textContent = `Signed in as ${auth.session.user.email}.`;
  at("app").hidden = false;
  await attempt(look);
}
