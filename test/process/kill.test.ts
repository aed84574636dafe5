import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Account, account, told } from "./account.ts";
import { type Child, spawn } from "./child.ts";
import { config, INCIDENTS, MINUTE, MINUTES, START } from "./story.ts";
import type { Job, Point } from "./worker.ts";
import { type Hit, type Post, type World, world } from "./world.ts";

const END = START + MINUTES * MINUTE;
const KILLS = 30;

let folder: string;
let file: string;
let here: World;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  file = join(folder, "assay.db");
  here = world();
});
afterEach(async () => {
  await here.close();
  rmSync(folder, { recursive: true });
});

const env = { ONCALL_SECRET: `whsec_${btoa("a secret of twenty-four bytes")}` };
const worker = (job: Partial<Job>) =>
  spawn("worker.ts", [JSON.stringify({ config: config(here), file, ...job })], env);

/** One life of a worker that settles to the end, and what it complained of. */
async function live(job: Partial<Job> = {}) {
  const child = worker({ until: END, ...job });
  const status = await child.ended;
  expect(child.err).toEqual([]);
  return status;
}

/** All arrivals of each incident, in order; a notice that came again at once counts once. */
function arrivals(posts: Post[]): Record<string, string[]> {
  const byIncident = Object.groupBy(posts, ({ incident }) => incident);
  return Object.fromEntries(
    Object.entries(byIncident).map(([incident, list]) => [
      incident,
      list!.map(({ id }) => id).filter((id, i, ids) => id !== ids[i - 1]),
    ]),
  );
}

/** Every notice of the outbox arrived, in its incident's order, and nothing else did. */
function expectAllDelivered({ notices, ids }: Account, posts: Post[]) {
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
const incidentsOf = ({ incidents }: Account) => sorted(incidents);
const noticesOf = ({ notices }: Account) => sorted(notices.map(told));

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
type Death = { point: Point } | { at: Hit["at"]; nth: number } | { afterMs: number };

const deaths = (random: (below: number) => number): Death[] => [
  { point: "a tick is taken" },
  { point: "all is gathered" },
  { point: "a slot is committed" },
  { point: "notices are committed" },
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
function doom(child: Child, death: Death, from: number) {
  if ("point" in death) return;
  let count = 0;
  let latest = 0;
  here.onHit = (hit) => {
    if (hit.at === "target") latest = hit.slot;
    if (latest < from) return;
    // A receiver may see nothing for long; a death must not wait for ever.
    if (latest > from + 6 * MINUTE) return child.kill("SIGKILL");
    if ("afterMs" in death) {
      if (count++ === 0) setTimeout(() => child.kill("SIGKILL"), death.afterMs);
    } else if (hit.at === death.at && ++count === death.nth) child.kill("SIGKILL");
  };
}

describe("a worker that settles the story", () => {
  let calm: Account;

  test("undisturbed: opens, updates and resolves what the rules say, and delivers each notice in order", async () => {
    expect(await live()).toMatchObject({ code: 0 });
    calm = await account(file);
    expect(incidentsOf(calm)).toEqual(sorted(INCIDENTS));
    expect(Object.keys(calm.slots)).toHaveLength(4 * MINUTES);
    expectAllDelivered(calm, here.posts);
  });

  test(`killed ${KILLS} times with SIGKILL, and started again each time: the same`, async () => {
    const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`kill loop: SEED=${seed}`);
    const random = seeded(seed);
    let kills = 0;
    const kinds: Record<string, number> = {};
    for (let bag: Death[] = []; kills < KILLS; kills++) {
      if (bag.length === 0) bag = deaths(random);
      const [death] = bag.splice(random(bag.length), 1);
      const from = START + Math.floor(kills * (MINUTES - 6) / KILLS) * MINUTE;
      const child = worker({ until: END, ...("point" in death! && { die: { point: death.point, from } }) });
      doom(child, death!, from);
      const { signal, code } = await child.ended;
      expect(child.err).toEqual([]);
      if (code === 0) break;
      expect(signal).toBe("SIGKILL");
      kinds[Object.values(death!).join(" ")] = 1;
    }
    here.onHit = () => {};
    expect(await live()).toMatchObject({ code: 0 });
    expect(kills).toBeGreaterThanOrEqual(25);
    const killed = await account(file);
    expect(incidentsOf(killed)).toEqual(incidentsOf(calm));
    expect(killed.slots).toEqual(calm.slots);
    expect(killed.states).toEqual(calm.states);
    expect(noticesOf(killed)).toEqual(noticesOf(calm));
    expectAllDelivered(killed, here.posts);
  }, 90_000);
});
