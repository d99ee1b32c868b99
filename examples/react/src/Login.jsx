import { useState } from "react";
import { useAuth, useSession } from "evertoken/react";
import { Navigate, useLocation } from "react-router";

export function Login() {
  const auth = useAuth();
  const session = useSession();
  const from = useLocation().state?.from;
  const [problem, setProblem] = useState("");

  if (session.status === "signed-in") return <Navigate to={from ?? "/account"} replace />;

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

  return (
    <form id="login" onSubmit={signIn}>
      <p id="why">{from ? `Sign in to see ${from}.` : "Sign in."}</p>
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
      <button className="main" disabled={session.status !== "signed-out"}>
        Sign in
      </button>
    </form>
  );
}
