"use client";

// A page for those who are signed in. What it shows comes from the backend, which is what protects it.
import { useEffect, useState } from "react";
import { useAuth, useSession } from "evertoken/react";
import Link from "next/link";
import { useRouter } from "next/navigation";

export default function Account() {
  const auth = useAuth();
  const session = useSession();
  const router = useRouter();
  const [account, setAccount] = useState(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    // Only once it is known: after a reload it is not, for a moment.
    if (session.status === "signed-out") router.replace("/");
    if (session.status !== "signed-in") return;
    const gone = new AbortController();
    auth
      .fetch("/auth/me", { signal: gone.signal })
      .then((response) => response.json())
      .then(setAccount, (error) => gone.signal.aborted || setProblem(error.message));
    return () => gone.abort();
  }, [auth, router, session.status]);

  return (
    <>
      <p id="account" role="status">
        {account ? `${account.email}, ${account.role}` : "One moment…"}
      </p>
      <p className="problem" role="alert">
        {problem}
      </p>
      <Link id="to-home" href="/">
        Back
      </Link>
    </>
  );
}
