// Outside of components, once: a component that is mounted twice, as StrictMode does, is still one client.
import { createAuthClient } from "evertoken";

export const auth = createAuthClient();
