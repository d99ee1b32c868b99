/**
 * The stories: what is done, step by step, and what is said of it. Nothing in them knows the outcome: clients and servers
 * are the real ones, and the last sentences are made of what the server counted.
 *
 * @typedef {import("./world.js").World} World
 * @typedef {{ [name: string]: number }} Figures
 * @typedef {{ ours: Figures, naive: Figures, oursIn: boolean, naiveIn: boolean, naiveAlive: boolean, reason: string }} Outcome `naiveAlive`: the server knows a session of its
 * @typedef {{ say: string, act: (world: World) => Promise<unknown> }} Step
 * @typedef {{ id: string, name: string, tabs: number, steps: Step[], end: (outcome: Outcome) => string[] }} Story
 */
import { count, times } from "./words.js";

/** What a refresh takes here, so that the eye can follow. */
const SLOWLY = { do: { delay_ms: 500 } };

/** Calls of both clients, and what became of them is seen in the picture. @param {World} world @param {number} times */
const bothCall = (world, times) =>
  Promise.all(
    world.tabs.all.flatMap((tab) =>
      /** @type {const} */ (["ours", "naive"]).map((client) => tab.call(client, times)),
    ),
  );

/** What both servers have rotated so far. @param {World} world */
const rotations = async ({ mocks }) =>
  (await Promise.all([mocks.ours.counters(), mocks.naive.counters()])).map((c) => c.rotations);

/**
 * Until both servers have rotated once more, while the answers are on their way; or until all is over.
 *
 * @param {World} world @param {number[]} before @param {Promise<unknown>} calls
 */
async function haveRotated(world, before, calls) {
  let over = false;
  void calls.finally(() => (over = true));
  while (!over && (await rotations(world)).some((count, place) => count === before[place])) {
    await new Promise(requestAnimationFrame);
  }
}

/** What both are left with. @param {Outcome} outcome */
function rest({ oursIn, naiveIn, naiveAlive }) {
  const left = naiveAlive ? "still signed in" : "left with a token that nothing renews";
  return `evertoken is ${oursIn ? "still signed in" : "signed out"}; the naive client is ${naiveIn ? left : "signed out"}.`;
}

/** @param {number} n */
const refreshes = (n) => count(n, "refresh", "refreshes");

/** @type {Story[]} */
export const STORIES = [
  {
    id: "parallel",
    name: "Twenty calls, one expired token",
    tabs: 1,
    steps: [
      {
        say: "Both clients are signed in. Now the server stops taking their access tokens. They cannot know yet.",
        act: (world) => world.refuse(),
      },
      {
        say: "Each page makes twenty calls at once. The server refuses them: 401. Watch who asks for a new token, and how often.",
        act: async (world) => {
          await world.spoil(SLOWLY);
          await bothCall(world, 20);
        },
      },
    ],
    end: (outcome) => [
      `evertoken asked for ${refreshes(outcome.ours.refreshes)}. All calls waited for it, and ${outcome.ours.served} of 20 were served.`,
      `The naive client asked for ${refreshes(outcome.naive.refreshes)}. ${outcome.naive.again ? `It sent a cookie that it had sent before ${times(outcome.naive.again)}. ` : ""}${outcome.naive.served} of 20 calls were served.`,
      outcome.naive.alarms
        ? "To the server that looked like theft, so it ended the session. " + rest(outcome)
        : rest(outcome),
    ],
  },
  {
    id: "lost",
    name: "A lost answer",
    tabs: 1,
    steps: [
      {
        say: "The next answer to a refresh will be lost on its way. The server will have rotated the cookie; the new one will never arrive.",
        act: async (world) => {
          await world.refuse();
          await world.spoil({ count: 1, when: "after", do: { status: 504 } });
        },
      },
      {
        say: "Each page makes a call. Both end up with a spent cookie, and it is nobody’s fault.",
        act: (world) => bothCall(world, 1),
      },
      {
        say: "evertoken asks again, with the key that came with the cookie. The server knows it for an honest repeat and gives the same answer once more. The next call is served.",
        act: (world) => world.tabs.first.call("ours", 1),
      },
      {
        say: "The naive client has signed out. Its page is loaded again, and asks with the spent cookie.",
        act: (world) => world.tabs.first.naive.refresh().catch(() => {}),
      },
    ],
    end: (outcome) => [
      `The server heard ${refreshes(outcome.ours.refreshes)} from evertoken, and raised ${count(outcome.ours.alarms, "alarm")}.`,
      `From the naive client it heard ${outcome.naive.refreshes}, and raised ${count(outcome.naive.alarms, "alarm")}: a spent cookie and no key looks like theft.`,
      rest(outcome),
    ],
  },
  {
    id: "tabs",
    name: "Two tabs wake up",
    tabs: 2,
    steps: [
      {
        say: "Two tabs are open. Then the laptop sleeps, until all access tokens have expired.",
        act: async (world) => {
          await world.spoil(SLOWLY);
          await world.jump();
        },
      },
      {
        say: "It wakes up, and both tabs make a call at the same moment. They share one cookie, which is good once.",
        act: (world) => bothCall(world, 1),
      },
    ],
    end: (outcome) => [
      `${outcome.ours.refreshes === 1 ? "evertoken’s tabs took turns: one asked, the other took over its token." : "evertoken’s tabs did not share."} That was ${refreshes(outcome.ours.refreshes)}, and ${outcome.ours.served} of 2 calls were served.`,
      `The naive tabs knew nothing of each other: ${refreshes(outcome.naive.refreshes)}. A cookie that had been sent before came again ${times(outcome.naive.again)}, and the server raised ${count(outcome.naive.alarms, "alarm")}.`,
      rest(outcome),
    ],
  },
  {
    id: "logout",
    name: "Signing out during a refresh",
    tabs: 1,
    steps: [
      {
        say: "The server refuses the access tokens, and its next answer to a refresh will be slow.",
        act: async (world) => {
          await world.refuse();
          await world.spoil({ count: 1, when: "after", do: { delay_ms: 1_200 } });
        },
      },
      {
        say: "Each page makes a call, and asks for a new token. While that is on its way you sign out of both. Then the late answer arrives, with a new token in it.",
        act: async (world) => {
          const before = await rotations(world);
          const calls = bothCall(world, 1);
          await haveRotated(world, before, calls);
          await world.signOut();
          await calls;
        },
      },
      {
        say: "Both pages make one more call.",
        act: (world) => bothCall(world, 1),
      },
    ],
    end: (outcome) => [
      `evertoken is ${outcome.oursIn ? "signed in" : "signed out, and stays so"}. Calls served after you had signed out: ${outcome.ours.served}.`,
      `The naive client is ${outcome.naiveIn ? "signed in again, by itself: it took the late token" : "signed out"}. Calls served after you had signed out: ${outcome.naive.served}.`,
    ],
  },
  {
    id: "theft",
    name: "A stolen cookie",
    tabs: 1,
    steps: [
      {
        say: "A thief has copied the cookie, and uses the copy first. The server rotates, and the new cookie goes to the thief.",
        act: async (world) => {
          if (!(await world.steal())) throw new Error("The thief came too late. Play it again.");
        },
      },
      {
        say: "Time passes, until the access token has expired.",
        act: (world) => world.jump(),
      },
      {
        say: "Your page makes a call, and refreshes with its own cookie. The server sees that cookie for the second time, and nothing proves which of the two was honest.",
        act: (world) => bothCall(world, 1),
      },
    ],
    end: (outcome) => [
      `The server raised ${count(outcome.ours.alarms, "alarm")} and ended all sessions of the account: the thief’s cookie is worth nothing now, and neither is yours.`,
      `evertoken says why you are signed out: “${outcome.reason}”. This is the one alarm that rotation is for, so no client may talk it away. A naive client comes to the same end.`,
      rest(outcome),
    ],
  },
];
