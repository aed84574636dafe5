/** Incidents that are grouped, before receivers that misbehave and through crashes: nothing is lost, and every alert ends. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Route } from "../../../src/config/routes.ts";
import { MINUTE_MS as MINUTE, SECOND_MS as SECOND } from "../../../src/base/time.ts";
import { alertWith } from "../../../src/engine/notify/group.ts";
import { listGroups } from "../../../src/storage/records/groups.ts";
import type { Store } from "../../../src/storage/store.ts";
import { failingStore } from "../../world/failing_store.ts";
import type { RouteReply } from "../../world/network.ts";
import { postFixture } from "./post_fixture.ts";

const INCIDENTS = ["a", "b", "c", "d"];
const CHANGES = ["opened", "updated", "acknowledged", "resolved"] as const;

const routeOf = ({ by, waitMs }: Settings): Route[] => [
  { match: {}, sinks: ["hook"], continue: false, escalate: [], routes: [], grouping: { by, waitMs } },
];

const moods = fc.constantFrom<RouteReply>(
  {},
  {},
  "hang",
  new Error("connection reset"),
  { status: 500 },
  { status: 429, headers: { "retry-after": "45" } },
);

const seconds = (max: number) => fc.integer({ min: 1, max }).map((s) => s * SECOND);
const steps = fc.oneof(
  { weight: 3, arbitrary: fc.record({ mood: moods, forMs: seconds(60) }) },
  { weight: 8, arbitrary: fc.record({ tell: fc.constantFrom(...INCIDENTS) }) },
  // The process dies after it has sent something, or before it could.
  fc.record({ breaks: fc.constantFrom<keyof Store>("recordAttempt", "putRecord"), forMs: seconds(20) }),
);

const settings = fc.record({
  by: fc.constantFrom([], ["target"]),
  waitMs: fc.constantFrom(0, 10 * SECOND),
  processes: fc.constantFrom(1, 2),
});
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;
type Post = Awaited<ReturnType<typeof postFixture>>;

/** What was written, in order. */
interface Written {
  id: string;
  incident: string;
  episode: number;
  change: (typeof CHANGES)[number];
}

interface Told {
  post: Post;
  broken: Set<keyof Store>;
  answer(mood: RouteReply): void;
}

async function live({ post, broken, answer }: Told, story: readonly Step[]): Promise<Written[]> {
  const told = new Map(INCIDENTS.map((id) => [id, 0]));
  const written: Written[] = [];
  const tell = async (incident: string) => {
    const n = told.get(incident)!;
    told.set(incident, n + 1);
    const [change, episode] = [CHANGES[n % CHANGES.length]!, Math.floor(n / CHANGES.length) + 1];
    await post.put([{ incident, change, episode }]);
    written.push({ id: `${incident}_${episode}_${change}`, incident, episode, change });
  };
  for (const step of story) {
    if ("tell" in step) await tell(step.tell);
    else if ("mood" in step) {
      answer(step.mood);
      await post.run(step.forMs);
    } else {
      broken.add(step.breaks);
      await post.run(step.forMs);
      broken.clear();
      post.restart();
    }
  }
  return written;
}

async function stage(kind: string, kindSettings: Record<string, unknown>, grouping: Settings) {
  let broken = new Set<keyof Store>();
  let mood: RouteReply = {};
  const taken: string[] = [];
  const post = await postFixture({
    kind,
    settings: kindSettings,
    routes: routeOf(grouping),
    processes: grouping.processes,
    receiver: ({ body }) => {
      const isTaken = mood === "hang" ||
        !(mood instanceof Error) && ((mood as { status?: number }).status ?? 200) < 300;
      // What is not answered was taken all the same.
      if (isTaken) taken.push(body);
      return mood;
    },
    storeOf: (store) => {
      const failing = failingStore(store);
      broken = failing.broken;
      return failing.store;
    },
  });
  return { post, broken, taken, answer: (next: RouteReply) => void (mood = next) };
}

test("each notice arrives, in the order of its incident's episode", async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(steps, { maxLength: 25 }), async (grouping, story) => {
      const json = { id: "{{ id }}", data: "{{ event.data }}" };
      const world = await stage("template", { url: "https://hooks.example/hook", json }, grouping);
      const { post, taken } = world;
      const written = await live(world, story);
      world.answer({});
      await post.run(6 * MINUTE);
      const left = Object.values(await post.deliveries()).filter(({ state, lastError }) =>
        state !== "delivered" && !lastError?.startsWith("late: ")
      );
      expect(left).toEqual([]);
      const late = new Set(
        Object.values(await post.deliveries()).filter(({ state }) => state === "dead").map(({ id }) => id),
      );
      const order = taken.flatMap((body) => {
        const { id, data } = JSON.parse(body);
        return data.group ? data.group.items.map(({ notice }: { notice: string }) => notice) : [id];
      });
      const messageOf = (id: string) =>
        taken.findIndex((body) => {
          const { id: own, data } = JSON.parse(body);
          return own === id || data.group?.items.some(({ notice }: { notice: string }) => notice === id);
        });
      const due = written.filter(({ id }) => !late.has(id));
      expect(new Set(order)).toEqual(new Set(due.map(({ id }) => id)));
      for (const [i, { id, incident, episode }] of due.entries()) {
        const next = due.slice(i + 1).find((one) => one.incident === incident && one.episode === episode);
        if (next) expect(messageOf(next.id)).toBeGreaterThan(messageOf(id));
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);

test("a receiver that holds alerts has one open for each incident that is, and none for others", async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(steps, { maxLength: 25 }), async (grouping, story) => {
      const world = await stage("pagerduty", { routingKey: "${env:KEY}" }, grouping);
      const { post, taken } = world;
      const written = await live(world, story);
      world.answer({ status: 202 });
      await post.run(6 * MINUTE);
      const pending = Object.values(await post.deliveries()).filter(({ state }) => state === "pending");
      expect(pending).toEqual([]);
      const open = new Set<string>();
      for (const { event_action, dedup_key } of taken.map((body) => JSON.parse(body))) {
        if (event_action === "trigger") open.add(dedup_key);
        if (event_action === "resolve") open.delete(dedup_key);
      }
      const last = new Map(written.map(({ incident, change }) => [incident, change]));
      const isOpen = [...last].filter(([, change]) => change !== "resolved").map(([incident]) => incident);
      const groups = await listGroups(post.store, "hook");
      // What stands for an opening that was never taken goes by itself.
      const keys = isOpen.map((incident) =>
        groups.map(({ state }) => alertWith(state, incident)).find(Boolean)?.key ?? incident
      );
      expect(open).toEqual(new Set(keys));
    }),
    { numRuns: 15 },
  );
}, 60_000);
