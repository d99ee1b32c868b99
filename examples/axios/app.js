import { isAxiosError } from "axios";
import { isAuthError } from "evertoken";

import { api, auth } from "./api.js";

const at = (id) => document.getElementById(id);

function render(session) {
  const user = session.status === "signed-in" ? session.user : null;
  const isSignedOut = session.status === "signed-out";
  at("who").textContent = user
    ? `Signed in as ${user.email}.`
    : isSignedOut
      ? "You are not signed in."
      : "One moment…";
  at("login").hidden = !isSignedOut;
  at("app").hidden = !user;
}

/** Two kinds of error: what the backend answered is axios's; that there is no session, or none just now, is ours. */
async function attempt(work) {
  at("problem").textContent = "";
  try {
    await work();
  } catch (error) {
    if (isAuthError(error)) at("problem").textContent = `${error.message} ${error.hint}`;
    else if (isAxiosError(error))
      at("problem").textContent = `The backend says ${error.response?.status}.`;
    else throw error;
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
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.get("/auth/me")));
    at("answer").textContent =
      `${answers.length} answers. ${JSON.stringify(answers[0].data, null, 2)}`;
  }),
);

at("missing").addEventListener("click", () => attempt(() => api.get("/not-there")));

auth.subscribe(render);
render(auth.session);
