import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { dumpStore, eventOf, readStore, type StoreDump } from "./store_dump.ts";
import { type Child, spawn } from "./child.ts";
import { config, INCIDENTS, MINUTE, MINUTES, PROBERS, START } from "./long_scenario.ts";
import type { Job, Point } from "./worker.ts";
import {
  type LoopbackServers,
  type ServedRequest,
  startServers,
  type WebhookPost,
} from "./loopback_servers.ts";

const END = START + MINUTES * MINUTE;
const KILLS = 30;

const env = { ONCALL_SECRET: `whsec_${btoa("a secret of twenty-four bytes")}` };

/** A world, and a store in a folder of its own that workers settle it into. */
function stage() {
  const folder = mkdtempSync(join(tmpdir(), "assay-"));
  const file = join(folder, "assay.db");
  const here = startServers();
  const workers: Child[] = [];
  const worker = (job: Partial<Job> = {}) => {
    const child = spawn("worker.ts", [JSON.stringify({ config: config(here), file, ...job })], env);
    workers.push(child);
    return child;
  };
  return {
    here,
    file,
    worker,
    account: () => dumpStore(file),
    /** One life of a worker that settles to the end; it must complain of nothing. */
    async live(job: Partial<Job> = {}, watched: (child: Child) => void = () => {}) {
      const child = worker({ until: END, ...job });
      watched(child);
      const status = await child.ended;
      // What an incident does is logged, too.
      expect(child.err.filter((line) => !/^incident (opened|updated|resolved) /.test(line))).toEqual([]);
      return status;
    },
    async close() {
      workers.forEach((child) => child.kill("SIGKILL"));
      await Promise.all(workers.map(({ ended }) => ended));
      await here.close();
      rmSync(folder, { recursive: true });
    },
  };
}

let calm: { account: StoreDump; posts: WebhookPost[] };
beforeAll(async () => {
  const { here, live, account, close } = stage();
  expect(await live()).toMatchObject({ code: 0 });
  calm = { account: await account(), posts: here.posts };
  await close();
});

let scene: ReturnType<typeof stage>;
beforeEach(() => void (scene = stage()));
afterEach(() => scene.close());

/** All arrivals of each incident, in order; a notice that came again at once counts once. */
function arrivals(posts: WebhookPost[]): Record<string, string[]> {
  const byIncident = Object.groupBy(posts, ({ incident }) => incident);
  return Object.fromEntries(
    Object.entries(byIncident).map(([incident, list]) => [
      incident,
      list!.map(({ id }) => id).filter((id, i, ids) => id !== ids[i - 1]),
    ]),
  );
}

/** Every notice of the outbox arrived, in its incident's order, and nothing else did. */
function expectAllDelivered({ notices, ids }: StoreDump, posts: WebhookPost[]) {
  expect(notices.filter(({ state }) => state !== "delivered")).toEqual([]);
  const sent = Object.groupBy(notices, ({ incident }) => incident);
  const want = Object.entries(sent).map(([incident, list]) => [incident, list!.map(({ id }) => id)]);
  expect(arrivals(posts)).toEqual(Object.fromEntries(want));
  expect(ids).toEqual(expect.arrayContaining(Object.keys(sent)));
  for (const { id } of notices) {
    expect(posts.filter((post) => post.id === id).map(({ status }) => status)).toContain(204);
  }
}

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
const incidentsOf = ({ incidents }: StoreDump) => sorted(incidents);
const noticesOf = ({ notices }: StoreDump) => sorted(notices.map(eventOf));

/** Chance that can be had again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

/** How a worker dies: at a point of its own, at the n-th request from then on that one half of the world sees, or after so many ms. */
type Death = { point: Point } | { at: ServedRequest["at"]; nth: number } | { afterMs: number };

const deaths = (random: (below: number) => number): Death[] => [
  { point: "a tick is taken" },
  { point: "all is gathered" },
  { point: "a slot is committed" },
  { point: "an incident is committed" },
  { point: "a notice is claimed" },
  { point: "a notice was sent" },
  { point: "a receipt is written" },
  { at: "target", nth: 1 + random(80) },
  { at: "target", nth: 1 + random(80) },
  { at: "receiver", nth: 1 + random(2) },
  { afterMs: random(40) },
  { afterMs: random(40) },
];

/** Has `child` killed from virtual time `from` on. */
function doom(here: LoopbackServers, child: Child, death: Death, from: number) {
  let count = 0;
  let latest = 0;
  here.onHit = (hit) => {
    if ("point" in death) return;
    if (hit.at === "target") latest = hit.slot;
    if (latest < from) return;
    // The receiver may see nothing for long.
    if (latest > from + 6 * MINUTE) return child.kill("SIGKILL");
    if (!("afterMs" in death)) {
      if (hit.at === death.at && ++count === death.nth) child.kill("SIGKILL");
    } else if (count++ === 0) setTimeout(() => child.kill("SIGKILL"), death.afterMs);
  };
}

function expectSame(disturbed: StoreDump) {
  expect(incidentsOf(disturbed)).toEqual(incidentsOf(calm.account));
  expect(disturbed.slots).toEqual(calm.account.slots);
  expect(disturbed.states).toEqual(calm.account.states);
  expect(noticesOf(disturbed)).toEqual(noticesOf(calm.account));
}

/** Nothing in the store is half done: the state's incidents stand in the list, and each change of each has its notice. */
async function expectWhole(file: string) {
  const { remembered, incidents, notices } = await readStore(file);
  for (const incident of remembered) expect(incidents).toContainEqual(incident);
  const changes = incidents.flatMap(({ id, timeline }) => timeline.map(({ change, at }) => [id, change, at]));
  const sent = notices.map((
    { incident, type, createdAt },
  ) => [incident, type.replace("incident.", ""), createdAt]);
  expect(sorted(sent)).toEqual(sorted(changes));
}

/** How many posts the receiver asked for: one for each notice, and one more for each recovery. */
const wanted = (posts: LoopbackServers["posts"]) =>
  new Set(posts.map(({ id }) => id)).size +
  new Set(posts.filter(({ status }) => status === 503).map(({ id }) => id)).size;

/** How often each journey began. */
const walks = ({ hits }: LoopbackServers) => {
  const begun = hits.filter((hit) => hit.at === "target" && hit.method === "POST");
  return Object.values(Object.groupBy(begun, (hit) => hit.at === "target" ? hit.run : "")).map((list) =>
    list!.length
  );
};

test("undisturbed: opens, updates and resolves what the rules say, and delivers each notice in order", () => {
  const { account, posts } = calm;
  expect(incidentsOf(account)).toEqual(sorted(INCIDENTS));
  expect(Object.keys(account.slots)).toHaveLength(4 * MINUTES);
  expectAllDelivered(account, posts);
});

test(`killed ${KILLS} times with SIGKILL and started again each time: the same as undisturbed`, async () => {
  const { here, live } = scene;
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`kill loop: SEED=${seed}`);
  const random = seeded(seed);
  for (let kills = 0, bag: Death[] = []; kills < KILLS; kills++) {
    if (bag.length === 0) bag = deaths(random);
    const death = bag.splice(random(bag.length), 1)[0]!;
    const from = START + Math.floor(kills * (MINUTES - 6) / KILLS) * MINUTE;
    const halt = "point" in death ? { point: death.point, from, signal: "SIGKILL" as const } : undefined;
    const ended = await live({ halt }, (child) => doom(here, child, death, from));
    expect(ended).toMatchObject({ signal: "SIGKILL" });
    await expectWhole(scene.file);
  }
  here.onHit = () => {};
  expect(await live()).toMatchObject({ code: 0 });

  const killed = await scene.account();
  expectSame(killed);
  expectAllDelivered(killed, here.posts);
  // The kills did fall between a journey and its commit, and between a delivery and its receipt.
  expect(Math.max(...walks(here))).toBeGreaterThan(1);
  expect(calm.posts.length).toBe(wanted(calm.posts));
  expect(here.posts.length).toBeGreaterThan(wanted(here.posts));
}, 300_000);

/** Has a worker settle one minute; answers what came of it. */
async function told(
  child: Child,
  minute: number,
  nowMs: number,
): Promise<{ settled: boolean; committed: number[] }> {
  const before = child.out.length;
  await child.write(JSON.stringify({ minute, nowMs }));
  return JSON.parse(await child.line("out", (line, i) => i >= before && line.startsWith("{")));
}

test("two workers race for every minute: one settles it, and no journey is walked twice", async () => {
  const racers = [scene.worker(), scene.worker()];
  for (let minute = START; minute < END; minute += MINUTE) {
    const answers = await Promise.all(racers.map((racer) => told(racer, minute, minute)));
    expect(answers.toSorted((a, b) => Number(a.settled) - Number(b.settled))).toEqual([
      { settled: false, committed: [] },
      { settled: true, committed: [minute] },
    ]);
  }
  const raced = await scene.account();
  expectSame(raced);
  expectAllDelivered(raced, scene.here.posts);
  expect(walks(scene.here)).toEqual(Array(4 * MINUTES * PROBERS.length).fill(1));
}, 300_000);

test.each<Point>(["a tick is taken", "all is gathered"])(
  "a worker that is overtaken after %s commits nothing; the slot is settled once",
  async (point) => {
    const six = START + 6 * MINUTE;
    const slow = scene.worker({ halt: { point, from: six, signal: "SIGSTOP" } });
    const quick = scene.worker();
    const settle = (minute: number) => told(slow, START + minute * MINUTE, START + minute * MINUTE);
    for (let minute = 0; minute < 6; minute++) await settle(minute);

    const late = settle(6);
    await slow.line("out", (line) => line === "SIGSTOP");
    expect(await told(quick, six, six + MINUTE / 4)).toEqual({ settled: true, committed: [six] });
    slow.kill("SIGCONT");
    expect(await late).toEqual({ settled: true, committed: [] });
    for (let minute = 7; minute < 14; minute++) await settle(minute);

    const { incidents, slots } = await scene.account();
    expect(Object.keys(slots)).toHaveLength(4 * 14);
    expect(sorted(incidents)).toEqual(sorted([
      ["shop/orders", "service", 1, ["opened drift 6", "resolved drift 13"]],
      ["bank/default", "service", 1, ["opened outage 9"]],
    ]));
    await expectWhole(scene.file);
    expect(scene.here.posts.filter(({ type }) => type === "incident.opened")).toHaveLength(2);
  },
  300_000,
);
