// The protected page. It asks the backend with a token that is always fresh, and need not know that there is one.
import { useEffect, useState } from "react";
import { useAuth } from "evertoken/react";

export function Account() {
  const auth = useAuth();
  const [asked, setAsked] = useState(1);
  const [account, setAccount] = useState(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    const gone = new AbortController();
    auth
      .fetch("/auth/me", { signal: gone.signal })
      .then((response) => response.json())
      .then(
        (account) => setAccount({ ...account, asked }),
        // Whoever left does not want to hear of it.
        (error) => gone.signal.aborted || setProblem(`${error.message} ${error.hint ?? ""}`),
      );
    return () => gone.abort();
  }, [auth, asked]);

  return (
    <>
      <p id="account" role="status">
        {account ? `${account.email}, ${account.role}. Answer ${account.asked}.` : "Asking…"}
      </p>
      <p id="problem" className="problem" role="alert">
        {problem}
      </p>
      <div className="row">
        <button id="again" onClick={() => setAsked(asked + 1)}>
          Ask again
        </button>
        <button id="logout" onClick={() => auth.logout().catch((error) => setProblem(error.hint))}>
          Sign out
        </button>
      </div>
    </>
  );
}
