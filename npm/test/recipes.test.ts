// The recipes do what they say, in the libraries they are for. Their code is that of the document, word for word.

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";

import "@angular/compiler";
import {
  HttpBackend,
  HttpClient,
  HttpErrorResponse,
  HttpResponse,
  provideHttpClient,
  withInterceptors,
  type HttpInterceptorFn,
  type HttpRequest,
} from "@angular/common/http";
import {
  createEnvironmentInjector,
  provideZonelessChangeDetection,
  ɵINJECTOR_SCOPE as INJECTOR_SCOPE,
  type EnvironmentInjector,
} from "@angular/core";
import type { QueryClient } from "@tanstack/react-query";
import { isAuthError, type AuthClient, type Session } from "evertoken";
import { firstValueFrom, of, throwError } from "rxjs";
import { get, type Readable } from "svelte/store";
import type { Ref } from "vue";
import { createMemoryHistory, createRouter, type NavigationGuardWithThis } from "vue-router";

import { blocks, read, run, write } from "./support/documents.js";
import { base, code, credentials, world, type Answer } from "./support/world.js";

before(async () => write(blocks("docs/recipes.md", await read("docs/recipes.md"))));

const { fetch } = globalThis;
const ends: (() => void)[] = [];
afterEach(() => {
  globalThis.fetch = fetch;
  for (const end of ends.splice(0)) end();
});

/** Somebody is signed in, with a first token that the backend takes no more. */
async function signedIn(answers: Record<string, Answer> = {}) {
  let n = 0;
  const grant = () => ({ accessToken: `access-${(n += 1)}`, expiresIn: 900, user: { id: "u1" } });
  const made = world({}, { "/auth/login": grant, "/auth/refresh": grant, ...answers });
  await made.auth.login(credentials);
  return { ...made, refreshes: () => made.to("/auth/refresh").length };
}

const unlessStale =
  (body: unknown): Answer =>
  ({ bearer }) =>
    bearer === "Bearer access-1" ? new Response(null, { status: 401 }) : body;

const list = [{ id: "b1" }];

test("ky sends with auth.fetch: renewed once, and then served; without a session it says so at once", async () => {
  const { auth, refreshes, to } = await signedIn({ "/bookings": unlessStale(list) });
  const { bookings } = await run<{ bookings(): Promise<unknown> }>("recipes/ky.ts", auth);
  assert.deepEqual(await bookings(), list);
  assert.deepEqual([refreshes(), to("/bookings").length], [1, 2]);

  await auth.logout();
  let asked = 0;
  const watched = {
    fetch: (...args: Parameters<typeof auth.fetch>) => (asked++, auth.fetch(...args)),
  };
  const again = await run<{ bookings(): Promise<unknown> }>("recipes/ky.ts", watched);
  assert.equal(await code(again.bookings()), "login_required");
  assert.equal(asked, 1, "and asked once: there is nothing to wait for");
});

test("TanStack Query tries again only what can come out otherwise, waits as it is asked to, and forgets with the session", async () => {
  const { auth, sent, to } = await signedIn({ "/bookings": unlessStale(list) });
  const { queryClient, bookings } = await run<{
    queryClient: QueryClient;
    bookings: { queryKey: string[]; queryFn(context: { signal: AbortSignal }): Promise<unknown> };
  }>("recipes/query.ts", auth);
  assert.deepEqual(await queryClient.fetchQuery(bookings), list);
  assert.equal(to("/bookings").length, 2);
  // Another user takes the place, here or in another tab, and nobody signs out.
  await auth.setSession({ accessToken: "renewed", user: { id: "u1" } });
  assert.deepEqual(queryClient.getQueryData(bookings.queryKey), list);
  await auth.setSession({ accessToken: "of-another", user: { id: "u2" } });
  assert.equal(queryClient.getQueryData(bookings.queryKey), undefined);
  await queryClient.fetchQuery(bookings);
  await auth.logout();
  assert.equal(queryClient.getQueryData(bookings.queryKey), undefined);

  const before = sent.length;
  const refused = await queryClient.fetchQuery(bookings).catch((error: unknown) => error);
  assert.equal(isAuthError(refused) && refused.code, "login_required");
  assert.equal(sent.length, before, "and at once");

  const busy = world({}, { "/auth/login": () => new Response(null, limited) });
  const limit = (await busy.auth.login(credentials).catch((error: unknown) => error)) as Error;
  const { retry, retryDelay } = queryClient.getDefaultOptions().queries as {
    retry(failures: number, error: Error): boolean;
    retryDelay(failures: number, error: Error): number;
  };
  assert.deepEqual([retry(0, limit), retryDelay(0, limit)], [true, 3_000]);
  assert.deepEqual([retry(0, refused as Error), retry(3, limit)], [false, false]);
});

const limited = { status: 429, headers: { "Retry-After": "3" } };

test("SWR shows what came, tries nothing again without a session, and keeps no other user's data", async () => {
  const { Window } = await import("happy-dom");
  const page = new Window({ url: "https://app.example.com/" });
  const { act, createElement: h } = await import("react");
  const globals = { window: page.window, document: page.document, navigator: page.navigator };
  for (const [name, value] of Object.entries({ ...globals, IS_REACT_ACT_ENVIRONMENT: true })) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    ends.push(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    });
  }
  const { createRoot } = await import("react-dom/client");
  const { AuthProvider } = await import("evertoken/react");

  let of = "b1";
  const { auth, to } = await signedIn({ "/bookings": (sent) => unlessStale([{ id: of }])(sent) });
  const { Swr, Bookings, config } = await run<{
    Swr: (props: { children: unknown }) => never;
    Bookings: () => never;
    config: { shouldRetryOnError(error: Error): boolean };
  }>("recipes/swr.tsx", auth);
  const element = page.document.createElement("div") as unknown as Element;
  const root = createRoot(element);
  const app = h(Swr, null as never, h(Bookings));
  await act(async () => root.render(h(AuthProvider, { client: auth }, app)));
  const shown = async (text: string) => {
    const end = Date.now() + 20_000;
    while (element.textContent !== text && Date.now() < end) {
      await act(async () => new Promise(setImmediate));
    }
    assert.equal(element.textContent, text);
  };
  await shown("b1");
  assert.equal(to("/bookings").length, 2);

  of = "b2";
  await act(
    async () => void (await auth.setSession({ accessToken: "of-another", user: { id: "u2" } })),
  );
  await shown("b2");
  await act(async () => auth.logout());
  await shown("Ask the user to sign in, then call login().");
  const refused = (await auth.fetch("/bookings").catch((error: unknown) => error)) as Error;
  assert.equal(config.shouldRetryOnError(refused), false);
  await act(async () => root.unmount());
});

test("a GraphQL client hands in the token that was refused in the body, and is served", async () => {
  const { auth, refreshes } = await signedIn();
  const bearers: (string | null)[] = [];
  globalThis.fetch = async (_, init) => {
    const bearer = new Headers(init?.headers).get("Authorization");
    bearers.push(bearer);
    return bearer === "Bearer access-1"
      ? Response.json({ errors: [{ message: "", extensions: { code: "UNAUTHENTICATED" } }] })
      : Response.json({ data: { me: "u1" } });
  };
  type Result = { data?: unknown; error?: Error };
  const { client } = await run<{
    client: { query(query: string, variables: object): { toPromise(): Promise<Result> } };
  }>("recipes/graphql.ts", auth);
  const { data, error } = await client.query("{ me }", {}).toPromise();
  assert.deepEqual([data, error], [{ me: "u1" }, undefined]);
  assert.deepEqual(bearers, ["Bearer access-1", "Bearer access-2"]);
  assert.equal(refreshes(), 1);

  // A proxy's page is what the library makes of it, as without us.
  globalThis.fetch = async () => new Response("<html>", { status: 502, statusText: "Bad Gateway" });
  const failed = await client.query("{ you }", {}).toPromise();
  assert.match(String(failed.error), /Bad Gateway/);
});

test("Vue's session is the client's, whoever asks", async () => {
  const { auth } = await signedIn();
  const { useSession } = await run<{ useSession(): Ref<Session> }>("recipes/vue.ts", auth);
  assert.equal(useSession().value.status, "signed-in");
  await auth.logout();
  assert.equal(useSession().value.status, "signed-out");
});

test("Vue's router brings strangers to the login, and from there to where they wanted to go", async () => {
  const { auth } = await signedIn();
  const { guard } = await run<{ guard: NavigationGuardWithThis<undefined> }>(
    "recipes/vue-router.ts",
    auth,
  );
  const component = {};
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/", component },
      { path: "/bookings", component },
      { path: "/login", name: "login", component, meta: { public: true } },
    ],
  });
  router.beforeEach(guard);
  await router.push("/bookings");
  assert.equal(router.currentRoute.value.fullPath, "/bookings");
  await auth.logout();
  await router.push("/?of=me");
  const { name, query } = router.currentRoute.value;
  assert.deepEqual([name, query.then], ["login", "/?of=me"]);
});

test("Svelte's store says the session at once, and what happened while nobody looked", async () => {
  const { auth } = await signedIn();
  const { session } = await run<{ session: Readable<Session> }>("recipes/svelte.ts", auth);
  const seen: string[] = [];
  const stop = session.subscribe(({ status }) => seen.push(status));
  await auth.logout();
  stop();
  assert.deepEqual([seen[0], seen.at(-1)], ["signed-in", "signed-out"]);
  await auth.login(credentials);
  assert.equal(get(session).status, "signed-in");
});

test("Angular's requests carry the token, go out once more after a 401, and to others without it", async () => {
  const { auth, refreshes } = await signedIn();
  const { authInterceptor } = await run<{ authInterceptor: HttpInterceptorFn }>(
    "recipes/angular.ts",
    auth,
  );
  const sent: (string | null)[] = [];
  const backend = {
    handle(request: HttpRequest<unknown>) {
      const bearer = request.headers.get("Authorization");
      sent.push(bearer);
      return bearer === "Bearer access-1"
        ? throwError(() => new HttpErrorResponse({ status: 401 }))
        : of(new HttpResponse({ body: list }));
    },
  };
  const providers = [
    provideHttpClient(withInterceptors([authInterceptor])),
    { provide: HttpBackend, useValue: backend },
    // As an application's own injector is.
    { provide: INJECTOR_SCOPE, useValue: "root" },
    provideZonelessChangeDetection(),
  ];
  const injector = createEnvironmentInjector(providers, null as unknown as EnvironmentInjector);
  ends.push(() => injector.destroy());
  const http = injector.get(HttpClient);
  // Angular runs in browsers that have no such thing yet.
  const parse = Object.getOwnPropertyDescriptor(URL, "parse");
  Reflect.deleteProperty(URL, "parse");
  if (parse) ends.push(() => Object.defineProperty(URL, "parse", parse));
  assert.deepEqual(await firstValueFrom(http.get(`${base}/bookings`)), list);
  assert.deepEqual(sent, ["Bearer access-1", "Bearer access-2"]);
  assert.equal(refreshes(), 1);
  for (const url of ["https://api.example.com.evil.test/bookings", "/assets/list.json"]) {
    await firstValueFrom(http.get(url));
    assert.equal(sent.at(-1), null, url);
  }
});

test("a router's guard sends away only whoever is known to be signed out", async () => {
  const { auth } = await signedIn();
  const { redirect } = await run<{ redirect(path: string): Promise<string | undefined> }>(
    "recipes/guard.ts",
    auth,
  );
  assert.equal(await redirect("/bookings?of=me"), undefined);
  await auth.logout();
  assert.equal(await redirect("/bookings?of=me"), "/login?then=%2Fbookings%3Fof%3Dme");
});

/** A global fetch whose answers are these, by path. */
function answering(answers: Record<string, (body: Record<string, string>) => Response>) {
  globalThis.fetch = async (input, init) => {
    const answer = answers[new URL(String(input)).pathname];
    return answer?.(JSON.parse(String(init?.body ?? "{}"))) ?? Response.json({ ok: true });
  };
}

const refused = () => Response.json({ error: "invalid_credentials" }, { status: 401 });

test("a login in two steps is open after the second, and a wrong code can be mended", async () => {
  answering({
    "/auth/refresh": () => Response.json({ error: "missing" }, { status: 401 }),
    "/auth/password": ({ password }) =>
      password === "password" ? Response.json({ challenge: "c1" }) : refused(),
    "/auth/code": (told) =>
      told.challenge === "c1" && told.code === "123456"
        ? Response.json({ accessToken: "a1", user: { id: "u1" } })
        : refused(),
  });
  const steps = await run<{
    auth: AuthClient;
    password(email: string, password: string): Promise<string>;
    code(challenge: string, code: string): Promise<{ id?: string }>;
  }>("recipes/two-steps.ts");
  ends.push(() => steps.auth.dispose());
  await assert.rejects(steps.password(credentials.email, "wrong"));
  const challenge = await steps.password(credentials.email, credentials.password);
  assert.equal(steps.auth.session.status, "signed-out");
  assert.equal(await code(steps.code(challenge, "000000")), "invalid_credentials");
  assert.equal((await steps.code(challenge, "123456")).id, "u1");
  assert.equal(steps.auth.session.status, "signed-in");
});

test("where one endpoint answers both steps, its tokens are handed over after the last", async () => {
  const { auth } = world({});
  answering({
    "/auth/login": ({ challenge, code }) =>
      challenge ? (code === "123456" ? grant() : refused()) : Response.json({ challenge: "c1" }),
  });
  const grant = () => Response.json({ accessToken: "a1", expiresIn: 900 });
  const { step } = await run<{
    step(told: Record<string, string>): Promise<string | undefined>;
  }>("recipes/one-endpoint.ts", auth);
  const challenge = (await step(credentials))!;
  await assert.rejects(step({ challenge, code: "000000" }));
  assert.notEqual(auth.session.status, "signed-in");
  assert.equal(await step({ challenge, code: "123456" }), undefined);
  assert.equal(await auth.getAccessToken(), "a1");
});

test("a WebSocket says its token first, and after a refusal a new one", async () => {
  const { auth, refreshes } = await signedIn();
  const { WebSocket } = globalThis;
  ends.push(() => Object.assign(globalThis, { WebSocket }));
  const said: unknown[] = [];
  const heard: unknown[] = [];
  let served!: () => void;
  const done = new Promise<void>((resolve) => (served = resolve));
  /** A backend that closes with 4401 where it does not like the token. */
  class Socket {
    onopen?: () => void;
    onmessage?: (event: { data: string }) => void;
    onclose?: (event: { code: number }) => void;
    constructor(readonly url: string) {
      queueMicrotask(() => this.onopen?.());
    }
    send(text: string) {
      const { token } = JSON.parse(text) as { token: string };
      said.push([this.url, token]);
      if (token === "access-1" && said.length < 3) return this.onclose?.({ code: 4401 });
      this.onmessage?.({ data: '{"hello":"u1"}' });
      served();
    }
    close() {}
  }
  Object.assign(globalThis, { WebSocket: Socket });
  const { connect } = await run<{
    connect(url: string, onMessage: (data: unknown) => void): () => void;
  }>("recipes/websocket.ts", auth);
  const stop = connect("wss://api.example.com/live", (data) => heard.push(data));
  await done;
  stop();
  assert.deepEqual(said, [
    ["wss://api.example.com/live", "access-1"],
    ["wss://api.example.com/live", "access-2"],
  ]);
  assert.deepEqual([heard, refreshes()], [[{ hello: "u1" }], 1]);
});

test("a WebSocket whose server is down, or refuses every token, is tried again somewhat later", async (t) => {
  for (const code of [1006, 4401]) {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { auth } = await signedIn();
    const { WebSocket } = globalThis;
    ends.push(() => Object.assign(globalThis, { WebSocket }));
    let opened = 0;
    class Socket {
      onclose?: (event: { code: number }) => void;
      constructor() {
        opened += 1;
        assert.ok(opened < 10, "it goes on and on");
        queueMicrotask(() => this.onclose?.({ code }));
      }
      close() {}
    }
    Object.assign(globalThis, { WebSocket: Socket });
    const { connect } = await run<{
      connect(url: string, onMessage: (data: unknown) => void): () => void;
    }>("recipes/websocket.ts", auth);
    const stop = connect("wss://api.example.com/live", () => {});
    const settled = async () => {
      for (let n = 0; n < 20; n += 1) await new Promise(setImmediate);
    };
    await settled();
    // A refused token is renewed at once, and once.
    const first = code === 4401 ? 2 : 1;
    assert.equal(opened, first);
    t.mock.timers.tick(5_000);
    await settled();
    assert.equal(opened, 2 * first);
    stop();
    t.mock.timers.tick(60_000);
    await settled();
    assert.equal(opened, 2 * first, "and not once it is stopped");
    t.mock.timers.reset();
  }
});

test("an EventSource renews before it listens", async () => {
  const stream = () =>
    new Response("data: hello\n\n", { headers: { "Content-Type": "text/event-stream" } });
  const { auth, refreshes } = await signedIn({ "/live": (sent) => unlessStale(stream())(sent) });
  const { listen } = await run<{ listen(url: string): EventSource }>(
    "recipes/eventsource.ts",
    auth,
  );
  const source = listen(`${base}/live`);
  const data = await new Promise((resolve, reject) => {
    source.onerror = reject;
    source.onmessage = (event) => resolve(event.data);
  });
  source.close();
  assert.deepEqual([data, refreshes()], ["hello", 1]);
});

test("a component's test has a session that ends when it says so", async () => {
  const { auth } = await run<{ auth: AuthClient }>("recipes/component.test.ts");
  assert.deepEqual(auth.session, { status: "signed-out", reason: "expired" });
});
