import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { budget } from "../../src/capacity/budget.ts";
import { loadValue } from "../../src/config/mod.ts";
import { KINDS } from "./kinds.ts";
import { minute, network, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

/** Rows that a tick of one minute is billed for, which counts index entries too; `kept` are keys that are put, and alarms that are set. */
async function billed(tick: () => Promise<void>): Promise<{ written: number; read: number; kept: number }> {
  const cursors: { rowsWritten: number; rowsRead: number }[] = [];
  let kept = 0;
  await runInDurableObject(world.ledger, (_, { storage }) => {
    const { sql } = storage;
    const exec: typeof sql.exec = sql.exec.bind(sql);
    sql.exec = (query, ...bindings) => {
      const cursor = exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    };
    for (const name of ["put", "setAlarm"] as const) {
      const write = storage[name].bind(storage) as (...args: unknown[]) => Promise<void>;
      Object.assign(storage, { [name]: (...args: unknown[]) => (kept++, write(...args)) });
    }
  });
  await tick();
  return await runInDurableObject(world.ledger, () => ({
    written: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
    read: cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
    kept,
  }));
}

/** A shop that three places walk, by so many turns. */
function byTurns(turns: number) {
  const [shop] = targets();
  const [check] = shop!.checks as object[];
  const regions = ["weur", "enam", "oc"];
  return {
    regions,
    targets: [{ ...shop, url: world.shop.stall(), checks: [{ ...check, turns, confirm: 0 }] }],
  };
}

test.each([3, 1])("a quiet minute of %s turns is billed what the budget says", async (turns) => {
  const parts = byTurns(turns);
  world.setConfig(parts);
  const minuteByTurns = async (n: number) => {
    await world.tick(n);
    for (let turn = 1; turn < turns; turn++) {
      world.setClock(minute(n) + turn * 60_000 / turns);
      await runDurableObjectAlarm(world.ledger);
    }
  };
  for (const n of [0, 1]) await minuteByTurns(n);
  network.asked = 0;
  const { written, kept } = await billed(() => minuteByTurns(2));
  const { config } = await loadValue({ version: 1, allowPrivate: true, ...parts }, { kinds: KINDS });
  const { lines } = budget(config, { plan: "free", latencyMs: 300 });
  const aMinute = (name: string) => lines.find((line) => line.name === name)!.value / 1_440;
  // The one row that is not yet written is the line of history that retention will delete.
  expect(written + kept + 1).toBe(aMinute("rows written a day"));
  expect(await world.status()).toMatchObject({ status: "ready" });
  // A tick, an alarm for each further turn, and an ask of each place.
  expect(aMinute("object requests a day")).toBe(turns + 3);
});

/** One row for the lease; a state and a sample for each shard of 200 checks; a report and a step for each check. */
test.each([
  { checks: 10, rows: 1 + 2 },
  { checks: 100, rows: 1 + 2 },
  { checks: 1_000, rows: 1 + 2 * 5 },
])(
  "a tick of $checks checks writes $rows rows and sends two subrequests a check",
  async ({ checks, rows }) => {
    const [shop] = targets();
    const [check] = shop!.checks as [{ journey: object[] }];
    const lone = {
      ...check,
      journey: [{ name: "look", request: { path: "/orders/1" }, expect: ["status == 200"] }],
    };
    world.setConfig({
      regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
      targets: Array.from({ length: checks }, (_, n) => ({
        ...shop,
        id: `shop${n}`,
        url: world.shop.stall(),
        checks: [lone],
      })),
    });
    await world.tick(0);
    network.asked = 0;
    expect((await billed(() => world.tick(1))).written).toBe(rows);
    expect(network.asked).toBe(2 * checks);
    expect(await world.status()).toMatchObject({ status: "ready", checks: { ready: checks } });
  },
);

/** Notices `from` to `to`, about incidents of long ago, delivered, and kept. */
const keepNotices = (from: number, to: number) =>
  runInDurableObject(world.ledger, (_, { storage }) =>
    void storage.sql.exec(
      `INSERT INTO outbox (id, webhook, incident, type, body, created_at, state, attempts, next_at)
       WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'old' || i, 'oncall', 'inc' || (i / 2), 'incident.opened', '{}', ?, 'delivered', 1, 0 FROM n`,
      ...[from, to, minute(0) - 1],
    ));

test("what a tick reads does not depend on how many notices are kept, nor does the hourly housekeeping", async () => {
  const read: number[] = [];
  for (const n of [0, 1, 2, 3]) await world.tick(n);
  for (const [i, kept] of [[], [1, 1_000], [1_001, 20_000]].entries()) {
    const [from, to] = kept;
    if (from && to) await keepNotices(from, to);
    read.push((await billed(() => world.tick(4 + i))).read);
  }
  expect(read).toEqual(Array(3).fill(read[0]));
  // The first slot of an hour sums up the one before it, and forgets what is past its time.
  const { read: hourly } = await billed(() => world.tick(60));
  expect(hourly).toBeLessThan(4 * read[0]!);
});
