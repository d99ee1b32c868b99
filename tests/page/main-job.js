// The main job as a page does it by itself: what a driver runs in a page may do what the page's policy forbids.
import { createAuthClient } from "./evertoken/index.js";

async function mainJob() {
  const told = [];
  const auth = createAuthClient();
  await auth.ready;
  told.push(auth.session.status);
  await auth.login({ email: "user@example.com", password: "password" });
  await auth.refresh();
  const calls = Array.from({ length: 20 }, () => auth.fetch("/auth/me"));
  for (const { status } of await Promise.all(calls)) told.push(status);
  await auth.logout();
  told.push(auth.session.status);
  auth.dispose();
  return told;
}

globalThis.told = mainJob().catch((error) => [`${error.code ?? error.name}: ${error.message}`]);
