import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { network, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

/** Rows that a tick of one minute is billed for (`rowsWritten`, which counts index entries too). */
async function billed(tick: () => Promise<void>): Promise<number> {
  const cursors: { rowsWritten: number }[] = [];
  await runInDurableObject(world.ledger, (_, { storage: { sql } }) => {
    const exec: typeof sql.exec = sql.exec.bind(sql);
    sql.exec = (query, ...bindings) => {
      const cursor = exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    };
  });
  await tick();
  return await runInDurableObject(
    world.ledger,
    () => cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
  );
}

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
    expect(await billed(() => world.tick(1))).toBe(rows);
    expect(network.asked).toBe(2 * checks);
    expect(await world.status()).toMatchObject({ status: "ready", checks: { ready: checks } });
  },
);
