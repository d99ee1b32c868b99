// React on a DOM: one client however often a component is mounted, and a server's page that a browser agrees with.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Window } from "happy-dom";
import { act, createElement as h, StrictMode, useEffect } from "react";

const window = new Window({ url: "https://app.example.com/" });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
Object.assign(globalThis, {
  window,
  document: window.document,
  location: window.location,
  localStorage: window.localStorage,
  IS_REACT_ACT_ENVIRONMENT: true,
});

// After the DOM is there: they look for it.
const { createRoot, hydrateRoot } = await import("react-dom/client");
const { renderToString } = await import("react-dom/server");
const { createAuthClient, isAuthError } = await import("evertoken");
const { AuthProvider, useAuth, useSession } = await import("evertoken/react");
const { createFakeAuthClient } = await import("evertoken/testing");

const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await act(async () => end());
  localStorage.clear();
});

function place(html = ""): Element {
  const element = document.createElement("div");
  element.innerHTML = html;
  document.body.append(element);
  return element;
}

let renders = 0;
function Status() {
  renders += 1;
  const session = useSession<{ email: string }>();
  return h("p", null, session.status === "signed-in" ? session.user?.email : session.status);
}

test("a component renders the session as it is, and again when it changes", async () => {
  const auth = createFakeAuthClient();
  const element = place();
  const root = createRoot(element);
  ends.push(() => root.unmount());
  await act(async () => root.render(h(AuthProvider, { client: auth }, h(Status))));
  assert.equal(element.textContent, "signed-out");
  await act(async () => void (await auth.login({ email: "user@example.com" })));
  assert.equal(element.textContent, "user@example.com");
  const before = renders;
  await act(async () => {});
  assert.equal(renders, before, "and not without a reason");
  await act(async () => auth.logout());
  assert.equal(element.textContent, "signed-out");
});

test("mounted twice by StrictMode it is one client and one refresh", async () => {
  const sent: string[] = [];
  const fetch = async (input: RequestInfo | URL) => {
    sent.push(new URL(String(input)).pathname);
    const user = { id: "u1", email: "user@example.com" };
    return Response.json({ accessToken: "token", expiresIn: 900, user });
  };
  const auth = createAuthClient({ baseUrl: "https://api.example.com", crossTab: false, fetch });
  ends.push(() => auth.dispose());
  let mounts = 0;
  function Page() {
    const { fetch } = useAuth();
    useEffect(() => {
      mounts += 1;
      void fetch("/me");
    }, [fetch]);
    return h(Status);
  }
  const element = place();
  const root = createRoot(element);
  ends.push(() => root.unmount());
  await act(async () =>
    root.render(h(StrictMode, null, h(AuthProvider, { client: auth }, h(Page)))),
  );
  await act(async () => auth.ready);
  while (sent.length < 3) await act(async () => new Promise((resolve) => setImmediate(resolve)));
  assert.equal(mounts, 2);
  assert.deepEqual(sent, ["/auth/refresh", "/me", "/me"]);
  assert.equal(element.textContent, "user@example.com");
});

test("what a server rendered is what a browser renders first", async () => {
  // On the server nobody knows; in the browser somebody is signed in already.
  const onServer = createFakeAuthClient();
  const html = renderToString(h(AuthProvider, { client: onServer }, h(Status)));
  assert.equal(html, "<p>restoring</p>");

  const user = { email: "user@example.com" };
  const auth = createFakeAuthClient<typeof user>({
    session: { status: "signed-in", user, expiresAt: Infinity, stale: false },
  });
  const element = place(html);
  const problems: unknown[] = [];
  await act(async () => {
    const root = hydrateRoot(element, h(AuthProvider<typeof user>, { client: auth }, h(Status)), {
      onRecoverableError: (error) => problems.push(error),
    });
    ends.push(() => root.unmount());
  });
  assert.deepEqual(problems, []);
  assert.equal(element.textContent, user.email);
});

test("without a provider the error says what to do", () => {
  assert.throws(
    () => renderToString(h(Status)),
    (error) => isAuthError(error) && /AuthProvider/.test(error.hint),
  );
});
