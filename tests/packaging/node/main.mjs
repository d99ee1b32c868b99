// The main job where there is no browser: signs in, renews after a 401 that three requests meet, says what came of it.
import { createAuthClient } from "evertoken";
import { connectMock } from "evertoken/testing";

const baseUrl = process.env.BACKEND;
const auth = createAuthClient({ baseUrl, contract: "oauth2" });
await auth.ready;
const told = [auth.session.status];
const user = await auth.login({ email: "user@example.com", password: "password" });
told.push(user.email);
await connectMock(baseUrl).expire("access");
const answers = await Promise.all([1, 2, 3].map(() => auth.fetch("/auth/me")));
told.push(...answers.map(({ status }) => status));
auth.dispose();
console.log(JSON.stringify(told));
