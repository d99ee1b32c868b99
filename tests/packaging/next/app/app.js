"use client";

// The app, on the server and in the browser: one client, made outside of components.
import * as evertoken from "evertoken";
import { AuthProvider, useSession } from "evertoken/react";
import { useEffect } from "react";

let auth;

export function App({ backend }) {
  auth ??= evertoken.createAuthClient({ baseUrl: backend });
  useEffect(() => void Object.assign(globalThis, { evertoken, auth }), []);
  return (
    <AuthProvider client={auth}>
      <Status />
    </AuthProvider>
  );
}

function Status() {
  const session = useSession();
  return <p id="status">{session.status}</p>;
}
