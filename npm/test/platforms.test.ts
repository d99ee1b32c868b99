// Platforms that lack something, or have something that others have not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { code, credentials, world } from "./support/world.js";

const granted = () => ({ accessToken: "token", expiresIn: 900 });

/** Runs `job` with a global that is another, or none. */
async function having(
  name: string,
  value: unknown,
  job: () => Promise<void>,
  of: object = globalThis,
) {
  const had = Object.getOwnPropertyDescriptor(of, name);
  Object.defineProperty(of, name, { value, configurable: true, writable: true });
  try {
    await job();
  } finally {
    if (had) Object.defineProperty(of, name, had);
    else Reflect.deleteProperty(of, name);
  }
}

test("locks that throw, as an imitation of them may, are none", async () => {
  const request = () => {
    throw new TypeError("not here");
  };
  await having("navigator", { locks: { request } }, async () => {
    const { auth } = world(
      { crossTab: true },
      { "/auth/login": granted, "/auth/refresh": granted },
    );
    await auth.login(credentials);
    await auth.refresh();
    assert.equal(auth.session.status, "signed-in");
    await auth.logout();
  });
});

test("locks that cannot even be looked at are none, and a channel that cannot be closed is let go of", async () => {
  class Channel {
    postMessage() {}
    close() {
      throw new TypeError("not here");
    }
  }
  const navigator = Object.defineProperty({}, "locks", {
    get() {
      throw new TypeError("not here");
    },
  });
  await having("BroadcastChannel", Channel, () =>
    having("navigator", navigator, async () => {
      const { auth } = world({ crossTab: true }, { "/auth/login": granted });
      await auth.login(credentials);
      assert.equal(auth.session.status, "signed-in");
      auth.dispose();
      assert.equal(await code(auth.fetch("/me")), "disposed");
    }),
  );
});

test("on a server nothing is kept where all its users would share it", async () => {
  const kept = new Map<string, string>();
  // Deno has it, and Node where it is asked to.
  const storage = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => void kept.set(name, text),
    removeItem: (name: string) => void kept.delete(name),
  };
  await having("localStorage", storage, async () => {
    const down = () => Promise.reject(new TypeError("down"));
    const one = world({}, { "/auth/login": granted, "/auth/logout": down });
    await one.auth.login(credentials);
    assert.equal(await code(one.auth.logout()), "network");
    assert.equal(kept.size, 0);
    const another = world({});
    await another.auth.ready;
    assert.deepEqual(another.auth.session, { status: "signed-out", reason: "never" });
  });
});

test("a browser of some years ago, which does not have the newest functions, is signed in to", async () => {
  const job = async () => {
    const { auth } = world({}, { "/auth/login": granted });
    await auth.login(credentials);
    assert.equal((await auth.fetch("/me")).status, 200);
  };
  // Since Chrome 120 and Safari 17, where the engine needs no more than Chrome 100 and Safari 15.4.
  await having("canParse", undefined, job, URL);
});
