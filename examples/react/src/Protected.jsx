// The guard of the router: its children are rendered for those who are signed in, and for nobody else.
import { useSession } from "evertoken/react";
import { Navigate, Outlet, useLocation } from "react-router";

export function Protected() {
  const session = useSession();
  const { pathname } = useLocation();
  switch (session.status) {
    case "signed-in":
      return <Outlet />;
    case "signed-out":
      // Whoever signed out meant to leave; everybody else comes back to where they were.
      if (session.reason === "logout") return <Navigate to="/" replace />;
      return <Navigate to="/login" state={{ from: pathname }} replace />;
    default:
      // Not known yet, as after a reload. To send anybody to the login now would be wrong.
      return (
        <p id="waiting" role="status">
          One moment…
        </p>
      );
  }
}
