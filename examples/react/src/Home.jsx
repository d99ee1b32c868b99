import { useSession } from "evertoken/react";

export function Home() {
  const session = useSession();
  return (
    <p id="who" role="status">
      {session.status === "signed-in"
        ? `Signed in as ${session.user.email}.`
        : session.status === "signed-out"
          ? "Nobody is signed in. Your account is a protected page: try it."
          : "One moment…"}
    </p>
  );
}
