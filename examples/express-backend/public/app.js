// Nothing here is about tokens, and nothing about Express: what its endpoints look like is the default contract.
import { createAuthClient, isAuthError } from "evertoken";

const auth = createAuthClient();

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

/** Does it, says so where it fails, and shows what the backend counted. */
async function attempt(work) {
  at("problem").textContent = "";
  try {
    await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    at("problem").textContent = `${error.message} ${error.hint}`;
  }
  const counters = await (await fetch("/counters")).json();
  at("counters").textContent = Object.entries(counters)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  attempt(() => auth.login({ email, password }));
});

at("expire").addEventListener("click", () =>
  attempt(async () => {
    await fetch("/another-key", { method: "POST" });
    at("answer").textContent = "The next request will be refused, and you will not see it.";
  }),
);

at("lose").addEventListener("click", () =>
  attempt(async () => {
    await fetch("/another-key", { method: "POST" });
    await fetch("/lose-an-answer", { method: "POST" });
    at("answer").textContent = "The next renewal will be done, and its answer lost. Fetch twice.";
  }),
);

at("logout").addEventListener("click", () => attempt(() => auth.logout()));

at("orders").addEventListener("click", () =>
  attempt(async () => {
    const calls = Array.from({ length: 10 }, () => auth.fetch("/api/orders"));
    const answers = await Promise.all(calls);
    const { of, orders } = await answers[0].json();
    const good = answers.filter((answer) => answer.ok).length;
    at("answer").textContent = `${good} of 10 were answered. ${of}: ${orders.join(", ")}.`;
  }),
);

auth.subscribe(render);
render(auth.session);
