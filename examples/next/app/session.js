"use client";

// One client in a browser, however often this is rendered. On the server there is no session: what is rendered there, and
// first in the browser, is `restoring`, so the two agree.
import { createAuthClient } from "evertoken";
import { AuthProvider } from "evertoken/react";

let inBrowser;

function client(backend) {
  // A server answers many people at once: nothing is kept there from one to the next.
  if (typeof window === "undefined") return createAuthClient({ baseUrl: backend });
  return (inBrowser ??= createAuthClient({ baseUrl: backend }));
}

export function Session({ backend, children }) {
  return <AuthProvider client={client(backend)}>{children}</AuthProvider>;
}
