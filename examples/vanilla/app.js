// One client for the page; everything on it follows the session.
import { createAuthClient, isAuthError } from "evertoken";

const auth = createAuthClient(); // the backend is where the page is; elsewhere: { baseUrl: "https://api.example.com" }

const at = (id) => document.getElementById(id);

/** What to say of each way in which a session ends. */
const ENDED = {
  never: "You are not signed in.",
  logout: "You are signed out.",
  expired: "Your session has run out. Please sign in again.",
};

function render(session) {
  const user = session.status === "signed-in" ? session.user : null;
  const isSignedOut = session.status === "signed-out";
  if (user) at("who").textContent = `Signed in as ${user.email}.`;
  else if (isSignedOut)
    at("who").textContent =
      ENDED[session.reason] ?? "Your session was ended. Please sign in again.";
  else at("who").textContent = "One moment…";
  at("login").hidden = !isSignedOut;
  at("app").hidden = !user;
}

/** Does it, and says so where it fails: every error has a sentence on what to do next. */
async function attempt(work) {
  at("problem").textContent = "";
  try {
    await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    at("problem").textContent = `${error.message} ${error.hint}`;
  }
}

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  attempt(() => auth.login({ email, password }));
});

at("logout").addEventListener("click", () => attempt(() => auth.logout()));

at("ask").addEventListener("click", () =>
  attempt(async () => {
    const response = await auth.fetch("/auth/me");
    at("answer").textContent = JSON.stringify(await response.json(), null, 2);
  }),
);

// Wait until the token has expired, and try it: it is one refresh, and twenty answers.
at("ask-many").addEventListener("click", () =>
  attempt(async () => {
    const calls = Array.from({ length: 20 }, () => auth.fetch("/auth/me"));
    const good = (await Promise.all(calls)).filter((response) => response.ok);
    at("answer").textContent = `${good.length} of 20 were answered.`;
  }),
);

auth.subscribe(render);
render(auth.session);
