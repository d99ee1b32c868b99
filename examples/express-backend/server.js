// An Express backend as many have it: a short access token in the body, and a refresh token in a cookie that is
// good once. It serves the page too, so that both are one origin.
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";

import cookieParser from "cookie-parser";
import express from "express";
import jwt from "jsonwebtoken";

const LIFETIME = Number(process.env.ACCESS_SECONDS ?? 60);
const WEEK = 7 * 24 * 60 * 60;
// Of each start: whoever was signed in before is not any more. In earnest they come from the environment, and live longer.
let secret = randomUUID();

const USERS = [{ id: "1", email: "user@example.com", password: "password", role: "user" }];

/** Sessions by their id: whose each is, the one refresh token that is good now, and the last renewal. */
const sessions = new Map();

/** What a person may like to see of it, and a test wants to. */
const counters = { logins: 0, rotations: 0, repeated: 0, reuse: 0, logouts: 0 };

const cookie = {
  httpOnly: true,
  sameSite: "strict",
  path: "/auth",
  secure: process.env.NODE_ENV === "production",
};

/** The refresh token of before is spent from now on. */
function rotate(session) {
  session.token = `${session.id}.${randomUUID()}`;
}

function grant(response, session) {
  const { id, email, role } = session.user;
  const accessToken = jwt.sign({ sub: id, email, role }, secret, { expiresIn: LIFETIME });
  response.cookie("refresh_token", session.token, { ...cookie, maxAge: WEEK * 1000 });
  response.json({ accessToken, expiresIn: LIFETIME, user: { id, email, role } });
}

const app = express();
app.use(express.json(), cookieParser());
app.use("/auth", (request, response, next) => {
  response.set("Cache-Control", "no-store");
  next();
});

app.post("/auth/login", (request, response) => {
  const { email, password } = request.body ?? {};
  const user = USERS.find((user) => user.email === email && user.password === password);
  if (!user) return void response.status(401).json({ error: "invalid_credentials" });
  const session = { id: randomUUID(), user };
  sessions.set(session.id, session);
  counters.logins += 1;
  rotate(session);
  grant(response, session);
});

app.post("/auth/refresh", (request, response) => {
  const token = request.cookies.refresh_token ?? "";
  const session = sessions.get(token.split(".")[0]);
  const key = request.get("Idempotency-Key");
  if (session?.token === token) {
    counters.rotations += 1;
    session.last = { token, key };
    rotate(session);
    if (isLost) {
      isLost = false;
      return void request.socket.destroy();
    }
  } else if (key && session?.last?.token === token && session.last.key === key) {
    // The same request again: its answer was lost. It gets the same successor, and nobody is signed out.
    counters.repeated += 1;
  } else {
    // Spent, or unknown. If it was spent, somebody has a copy: the session ends for both.
    if (session) counters.reuse += 1;
    sessions.delete(session?.id);
    response.clearCookie("refresh_token", cookie);
    return void response.status(401).json({ error: "invalid_grant" });
  }
  grant(response, session);
});

app.post("/auth/logout", (request, response) => {
  counters.logouts += 1;
  sessions.delete(request.cookies.refresh_token?.split(".")[0]);
  response.clearCookie("refresh_token", cookie);
  response.json({ success: true });
});

/** Lets through who has a good access token. */
function protect(request, response, next) {
  try {
    const token = /^Bearer (.+)$/.exec(request.get("Authorization") ?? "")?.[1] ?? "";
    response.locals.user = jwt.verify(token, secret, { algorithms: ["HS256"] });
    next();
  } catch {
    response.set("WWW-Authenticate", 'Bearer error="invalid_token"');
    response.status(401).json({ error: "invalid_token" });
  }
}

app.get("/api/orders", protect, (request, response) => {
  response.json({ of: response.locals.user.email, orders: ["A lamp", "Two chairs"] });
});

// For those who do not want to wait until a token expires: with another key, none of those of before is good.
app.post("/another-key", (request, response) => {
  secret = randomUUID();
  response.json({ success: true });
});

// For those who want to see an answer lost: the next renewal is done, and the connection breaks before they hear of it.
let isLost = false;
app.post("/lose-an-answer", (request, response) => {
  isLost = true;
  response.json({ success: true });
});

app.get("/counters", (request, response) => void response.json(counters));

// The page, and the package; a bundler would have made one of them.
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
app.use(express.static(here("public")));
app.use("/evertoken", express.static(here("../node_modules/evertoken/dist")));
app.get("/style.css", (request, response) => response.sendFile(here("../style.css")));

const server = app.listen(Number(process.env.PORT ?? 4000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
