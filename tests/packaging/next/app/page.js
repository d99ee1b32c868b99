// Rendered on the server for each request, since only there it is known where the backend is.
import { App } from "./app.js";

export const dynamic = "force-dynamic";

export default function Page() {
  return <App backend={process.env.BACKEND} />;
}
