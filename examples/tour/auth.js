// The client of both pages. The backend keeps its refresh token in a cookie that stays the same, and refuses with a 403.
import { createAuthClient, isAuthError } from "evertoken";

export const auth = createAuthClient({ contract: "fixed-cookie" });

export const at = (id) => document.getElementById(id);

/** Does it, and says so where it fails. */
export async function attempt(work) {
  at("problem").textContent = "";
  try {
    await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    at("problem").textContent = `${error.message} ${error.hint}`;
  }
}
