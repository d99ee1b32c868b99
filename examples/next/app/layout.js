// Rendered on the server, for each request: only there it is known where the backend is.
import "../../style.css";
import { Session } from "./session.js";

export const dynamic = "force-dynamic";

export const metadata = { title: "evertoken in Next.js", icons: { icon: "data:," } };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>Next.js</h1>
          <Session backend={process.env.BACKEND}>{children}</Session>
        </main>
      </body>
    </html>
  );
}
