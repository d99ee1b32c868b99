// Here nobody asks for a new token: whatever serves the requests sees that one has expired, serves all the same, and puts the
// next one into the answer's Authorization header, where the client finds it.
import { createAuthClient, isAuthError } from "evertoken";

const at = (id) => document.getElementById(id);
const count = (id) => (at(id).textContent = Number(at(id).textContent) + 1);

const auth = createAuthClient({
  contract: "gateway",
  onEvent(event) {
    if (event.type === "adopted") count(event.from === "header" ? "adopted" : "heard");
  },
});

const ENDED = {
  never: "You are not signed in.",
  logout: "You are signed out.",
};

function render(session) {
  const user = session.status === "signed-in" ? session.user : null;
  const isSignedOut = session.status === "signed-out";
  at("who").textContent = user
    ? `Signed in as ${user.email}.`
    : isSignedOut
      ? (ENDED[session.reason] ?? "Your session has ended. Please sign in again.")
      : "One moment…";
  at("login").hidden = !isSignedOut;
  at("app").hidden = !user;
}

async function attempt(work) {
  at("problem").textContent = "";
  try {
    await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    at("problem").textContent = `${error.message} ${error.hint}`;
  }
}

async function ask(path) {
  const response = await auth.fetch(path);
  const body = await response.json();
  // A 403 that means "not you" ends nothing; one that means "no session" has ended it already.
  at("answer").textContent = response.ok ? body.email : `${response.status} ${body.error}`;
}

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  attempt(() => auth.login({ email, password }));
});
at("logout").addEventListener("click", () => attempt(() => auth.logout()));
at("ask").addEventListener("click", () => attempt(() => ask("/gateway/api/me")));
at("admin").addEventListener("click", () => attempt(() => ask("/gateway/api/admin")));

auth.subscribe(render);
render(auth.session);
