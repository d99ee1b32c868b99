// A mini-program's sign-in: nobody is asked for a password, and nobody sees a login page, until a 403 says so.
import { createAuthClient, isAuthError, loadEngine } from "evertoken/external";

import { codeOf, fetchWith, storageOf } from "./adapter.js";
import { asked, wx } from "./wx.js";

// On a device: loadEngine((imports) => WXWebAssembly.instantiate("/engine.wasm", imports).then(({ instance }) => instance))
await loadEngine();

const signIn = codeOf(wx);
const auth = createAuthClient({
  baseUrl: location.origin,
  contract: "code-exchange",
  fetch: fetchWith(wx),
  storage: storageOf(wx, "refresh-token"),
  reauthenticate: signIn,
});

const at = (id) => document.getElementById(id);

asked.told = () => {
  at("codes").textContent = asked.codes;
  at("requests").textContent = asked.requests;
};
asked.told();

function render(session) {
  const isForbidden = session.status === "signed-out" && session.reason === "forbidden";
  at("login").hidden = !isForbidden;
  if (session.status === "signed-in") at("who").textContent = "Signed in, and nobody was asked.";
  else if (isForbidden) at("who").textContent = "You were signed out: that was not for you.";
  else if (session.status === "signed-out")
    at("who").textContent = "Nobody is signed in, and nothing was asked.";
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

// Five at once, as a start page asks: one code, one login, five answers.
at("profile").addEventListener("click", () =>
  attempt(async () => {
    const calls = Array.from({ length: 5 }, () => auth.fetch("/wx/api/profile"));
    const answers = await Promise.all(calls);
    const { email } = await answers[0].json();
    at("answer").textContent = `${answers.length} answers, for ${email}.`;
  }),
);
at("admin").addEventListener("click", () => attempt(() => auth.fetch("/wx/api/admin")));
at("login").addEventListener("click", () => attempt(async () => auth.login(await signIn())));

auth.subscribe(render);
render(auth.session);
