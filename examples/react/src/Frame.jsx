import { Link, Outlet } from "react-router";

export function Frame() {
  return (
    <>
      <h1>React, with a guarded page</h1>
      <nav>
        <Link to="/" id="to-home">
          Home
        </Link>
        <Link to="/account" id="to-account">
          Your account
        </Link>
      </nav>
      <Outlet />
    </>
  );
}
