/** The bars of the judgement, over small worlds. `WORLDS=20` makes them twenty times as long; `SEED=` repeats a run. */
import { afterAll, describe, expect, test } from "vitest";
import { START } from "../world/test_env.ts";
import { quantile, runWorld, seededChance, type Service, type Told, type WorldOptions } from "./world.ts";

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const TIMES = Number(process.env.WORLDS ?? 1);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const lines: string[] = [`SEED=${SEED} WORLDS=${TIMES}`];
afterAll(() => console.log(lines.join("\n")));

/** A time of trouble, epoch ms. */
interface Spell {
  from: number;
  until: number;
}

/** Spells of `lastMs`, one in each stretch of `everyMs`, at instants of chance; before the first all is well for a while. */
function spells(count: number, everyMs: number, lastMs: (chance: () => number) => number): Spell[] {
  const chance = seededChance(SEED);
  return Array.from({ length: count }, (_, i) => {
    const last = lastMs(chance);
    const from = START + 10 * MINUTE + i * everyMs + Math.floor(chance() * (everyMs - last - 15 * MINUTE));
    return { from, until: from + last };
  });
}

type World = Omit<WorldOptions, "seed" | "minutes" | "service"> & { trouble: Service };

/** Runs a world through spells of trouble. */
async function through(list: readonly Spell[], { trouble, ...world }: World): Promise<Told[]> {
  const isBad = (at: number) => list.some(({ from, until }) => at >= from && at < until);
  const minutes = Math.ceil((list.at(-1)!.until - START) / MINUTE) + 15;
  return await runWorld({
    ...world,
    seed: SEED,
    minutes,
    service: (at) => isBad(at) ? trouble : "good",
  });
}

const isCritical = ({ kind }: Told) => kind === "drift" || kind === "outage";

/** Seconds from the beginning (or the end) of each spell to the first notice of this change; Infinity: there was none. */
function delays(told: readonly Told[], list: readonly Spell[], change: "opened" | "resolved"): number[] {
  return list.map(({ from, until }, i) => {
    const since = change === "opened" ? from : until;
    const limit = list[i + 1]?.from ?? Infinity;
    const found = told.find((one) =>
      isCritical(one) && one.change === change && one.at >= since && one.at < limit
    );
    return found ? (found.at - since) / SECOND : Infinity;
  });
}

function note(name: string, values: readonly number[]) {
  lines.push(`${name}: n ${values.length}, p50 ${quantile(values, 0.5)} s, p95 ${quantile(values, 0.95)} s`);
}

describe("how soon it is told, in seconds (p95)", () => {
  test.each<[string, World, number]>([
    ["drift, 3x1", { probers: 3, trouble: "lies" }, 47],
    ["drift, 2x1", { probers: 2, trouble: "lies" }, 62],
    ["a journey that hangs, 3x1", { probers: 3, trouble: "hangs" }, 70],
    ["drift, one of three probers hung", { probers: 3, trouble: "lies", hung: "p1" }, 68],
  ])("%s", async (name, world, most) => {
    const list = spells(40 * TIMES, 45 * MINUTE, () => 10 * MINUTE);
    const told = await through(list, world);
    const found = delays(told, list, "opened");
    note(name, found);
    expect(quantile(found, 0.95)).toBeLessThanOrEqual(most);
    if (world.trouble !== "lies" || world.hung || world.probers !== 3) return;
    const recovered = delays(told, list, "resolved");
    note(`${name}, recovery`, recovered);
    expect(quantile(recovered, 0.95)).toBeLessThanOrEqual(50);
  }, 600_000);
});

test("a rolling deploy that lies for 20 to 180 s is missed at most in 22 of 100", async () => {
  const list = spells(100 * TIMES, 40 * MINUTE, (chance) => (20 + 160 * chance()) * SECOND);
  const found = delays(await through(list, { probers: 3, trouble: "lies" }), list, "opened");
  const missed = found.filter((delay) => delay === Infinity).length / list.length;
  lines.push(`deploys missed: ${(100 * missed).toFixed(1)} % of ${list.length}`);
  // A hundred are too few for the bar itself: three standard deviations more.
  expect(missed).toBeLessThanOrEqual(0.22 + 3 * Math.sqrt(0.22 * 0.78 / list.length));
}, 600_000);

test("blips of 2 to 20 s are told at most once in a thousand", async () => {
  const list = spells(150 * TIMES, 30 * MINUTE, (chance) => (2 + 18 * chance()) * SECOND);
  const told = (await through(list, { probers: 3, trouble: "lies" })).filter(isCritical);
  lines.push(`blips told: ${told.length} of ${list.length}`);
  expect(told.length).toBeLessThanOrEqual(Math.max(1, list.length / 1_000));
}, 600_000);

describe("nothing critical is told for nothing", () => {
  const lossy = (share: number): WorldOptions["isLost"] => (_at, _prober, chance) => chance() < share;
  /** A prober loses nine of ten requests for 20 s, now and then. */
  const bursts: WorldOptions["isLost"] = (at, prober, chance) => {
    const burst = seededChance(Math.floor(at / (20 * SECOND)) * 7 + prober.charCodeAt(1))() < 0.01;
    return burst && chance() < 0.9;
  };
  test.each<[string, Pick<WorldOptions, "probers" | "isLost">, number]>([
    ["three probers, 5 % of requests lost", { probers: 3, isLost: lossy(0.05) }, 30],
    ["three probers, loss in bursts", { probers: 3, isLost: bursts }, 30],
    ["one prober, 1 % lost", { probers: 1, isLost: lossy(0.01) }, 60],
  ])("%s", async (name, world, hours) => {
    const minutes = hours * TIMES * HOUR / MINUTE;
    const told = (await runWorld({ ...world, seed: SEED, minutes, service: () => "good" })).filter(
      isCritical,
    );
    lines.push(`${name}: ${told.length} critical notices in ${minutes / 60} h`);
    expect(told).toEqual([]);
  }, 3_600_000);

  test.each(
    ["10s", "30s", "1m", "5m"].flatMap((every) => [90, 240].map((seconds) => [every, seconds] as const)),
  )("honest starts at %s, of %i s", async (every, seconds) => {
    const list = spells(8 * TIMES, 60 * MINUTE, () => seconds * SECOND);
    const told = await through(list, { probers: 3, every, trouble: "starting" });
    expect(told.filter(isCritical)).toEqual([]);
  }, 600_000);
});

test.each([[5, 20 * MINUTE], [10, 90 * MINUTE]])(
  "one bad replica of %i is always found",
  async (replicas, most) => {
    const found: number[] = [];
    for (let i = 0; i < 4 * TIMES; i++) {
      const told = await runWorld({
        probers: 3,
        seed: SEED + i,
        minutes: 240,
        service: (_, chance) => chance() < 1 / replicas ? "lies" : "good",
      });
      const [first] = told;
      found.push(first ? first.at - START : Infinity);
    }
    lines.push(
      `one bad replica of ${replicas}: p50 ${quantile(found, 0.5) / MINUTE} min, last ${
        Math.max(...found) / MINUTE
      } min`,
    );
    expect(Math.max(...found)).toBeLessThan(Infinity);
    // Four have no median to speak of.
    if (TIMES > 1) expect(quantile(found, 0.5)).toBeLessThanOrEqual(most);
  },
  600_000,
);
