"use client";
// React: the session as a value that renders. The client is made outside of components, once; so a component that is
// mounted twice, as StrictMode does, is still one client with one refresh.

import {
  createContext,
  createElement,
  useContext,
  useSyncExternalStore,
  type Context,
  type ReactElement,
  type ReactNode,
} from "react";

import { invalidArgument } from "./errors.js";
import type { AuthClient, Session, User } from "./types.js";

// Whose user it is, only the caller of the hooks knows.
const AuthContext: Context<AuthClient<never> | null> = createContext<AuthClient<never> | null>(
  null,
);

/** What a server renders, and a browser first, so that the two agree: nobody knows yet. */
const UNKNOWN: Session<never> = Object.freeze({ status: "restoring" });

/** Gives the components inside it this client. It neither makes nor disposes of one. */
export function AuthProvider<U = User>(props: {
  client: AuthClient<U>;
  children?: ReactNode;
}): ReactElement {
  const value = props.client as unknown as AuthClient<never>;
  return createElement(AuthContext.Provider, { value }, props.children);
}

/** The client of the nearest {@link AuthProvider}. */
export function useAuth<U = User>(): AuthClient<U> {
  const auth = useContext(AuthContext);
  if (auth) return auth as unknown as AuthClient<U>;
  throw invalidArgument(
    "There is no AuthProvider around this component.",
    "Wrap the app in <AuthProvider client={auth}>.",
  );
}

/** The session as it is now; the component renders again when it changes. On a server it is `restoring`. */
export function useSession<U = User>(): Session<U> {
  const auth = useAuth<U>();
  return useSyncExternalStore<Session<U>>(
    auth.subscribe,
    () => auth.session,
    () => UNKNOWN,
  );
}
