"use client";

import { useState } from "react";
import { useAuth, useSession } from "evertoken/react";
import Link from "next/link";

export default function Home() {
  const auth = useAuth();
  const session = useSession();
  const [problem, setProblem] = useState("");

  async function signIn(event) {
    event.preventDefault();
    const { email, password } = Object.fromEntries(new FormData(event.target));
    setProblem("");
    try {
      await auth.login({ email, password });
    } catch (error) {
      setProblem(`${error.message} ${error.hint ?? ""}`);
    }
  }

  if (session.status === "signed-in") {
    return (
      <>
        <p id="who" role="status">
          Signed in as {session.user.email}.
        </p>
        <div className="row">
          <Link id="to-account" href="/account">
            Your account
          </Link>
          <button
            id="logout"
            onClick={() => auth.logout().catch((error) => setProblem(error.hint))}
          >
            Sign out
          </button>
        </div>
        <p className="problem" role="alert">
          {problem}
        </p>
      </>
    );
  }
  if (session.status !== "signed-out") {
    return (
      <p id="who" role="status">
        One moment…
      </p>
    );
  }
  return (
    <form id="login" onSubmit={signIn}>
      <p id="who" role="status">
        You are not signed in.
      </p>
      <label>
        E-mail
        <input
          name="email"
          type="email"
          autoComplete="username"
          defaultValue="user@example.com"
          required
        />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete="current-password"
          defaultValue="password"
          required
        />
      </label>
      <p id="problem" className="problem" role="alert">
        {problem}
      </p>
      <button className="main">Sign in</button>
    </form>
  );
}
