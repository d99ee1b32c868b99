// Two ways to sign in: with a password, here, or at a provider, to which the whole page goes and from which it comes back.
import { at, attempt, auth } from "./auth.js";

const WHY = {
  logout: "You are signed out.",
  expired: "Your session has run out.",
};

const query = new URLSearchParams(location.search);
at("why").textContent = WHY[query.get("reason")] ?? "";
if (query.has("error")) at("why").textContent = "The provider was left without signing in.";

function go(session) {
  if (session.status === "signed-in") location.replace("./");
  at("login").hidden = session.status !== "signed-out";
}

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  attempt(() => auth.login({ email, password }));
});

// The provider's callback sets the cookie, and this page, once it is back, finds it as after any reload.
at("elsewhere").addEventListener("click", () => {
  const back = new URL("./login.html", location.href);
  attempt(() =>
    auth.loginWithRedirect(`/api/v1/auth/google?${new URLSearchParams({ return_to: back.href })}`),
  );
});

auth.subscribe(go);
go(auth.session);
