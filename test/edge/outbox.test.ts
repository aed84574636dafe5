import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { env } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { minute, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();
const SECOND = 1_000;

/** Two lies in a row open an incident at minute 2. */
async function opened(): Promise<void> {
  await world.tick(0);
  await world.shop.be({ all: "lies" });
  await world.tick(1);
  await world.tick(2);
}

const alarm = () => runInDurableObject(world.ledger, (_, { storage }) => storage.getAlarm());
const sql = (statement: string) =>
  runInDurableObject(world.ledger, (_, { storage }) => void storage.sql.exec(statement));

/** Where nothing else is to be done, the alarm waits for a cron event that does not come. */
const overdue = (n: number) => minute(n) + 20 * SECOND;

test("a webhook is signed so that the independent library accepts it, and leaves no alarm of its own", async () => {
  await opened();
  const { posts: [post] } = await world.shop.seen();
  expect(new Webhook(env.ONCALL_SECRET).verify(post!.body, post!.headers))
    .toMatchObject({ type: "incident.opened" });
  expect(await alarm()).toBe(overdue(3));
});

describe("the alarm", () => {
  test("delivers later, with the same id, what the receiver answered 503", async () => {
    await world.shop.answerHooks(503);
    await opened();
    // Standard Webhooks 1.0.0: the second try is after 5 s; ours jitters by a tenth.
    const armed = (await alarm())! - minute(2);
    expect(armed).toBeGreaterThanOrEqual(4_500);
    expect(armed).toBeLessThanOrEqual(5_500);
    world.setClock(minute(2) + 6 * SECOND);
    expect(await runDurableObjectAlarm(world.ledger)).toBe(true);
    const told = await world.notices();
    expect(told.map(({ status }) => status)).toEqual([503, 204]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(await alarm()).toBe(overdue(3));
  });

  test("is armed again when the receiver closes the connection", async () => {
    await world.shop.answerHooks(0, 0);
    await opened();
    world.setClock(minute(2) + 6 * SECOND);
    await runDurableObjectAlarm(world.ledger);
    // The third try is 10 s after the second.
    const next = await world.withStore((store) => store.nextDelivery(minute(2)));
    expect(next! - minute(2)).toBeGreaterThanOrEqual(6 * SECOND + 9 * SECOND);
    expect(next! - minute(2)).toBeLessThanOrEqual(6 * SECOND + 11 * SECOND);
    expect(await alarm()).toBe(next);
    world.setClock(next!);
    await runDurableObjectAlarm(world.ledger);
    expect((await world.notices()).map(({ status }) => status)).toEqual([0, 0, 204]);
  });

  test("is armed again when the store throws, and delivers once it does not", async () => {
    await world.shop.answerHooks(503);
    await opened();
    await sql("ALTER TABLE outbox RENAME TO away");
    world.setClock(minute(2) + 6 * SECOND);
    expect(await runDurableObjectAlarm(world.ledger)).toBe(true);
    expect(await alarm()).not.toBeNull();
    await sql("ALTER TABLE away RENAME TO outbox");
    world.setClock(minute(3));
    expect(await runDurableObjectAlarm(world.ledger)).toBe(true);
    expect((await world.notices()).map(({ status }) => status)).toEqual([503, 204]);
  });

  test("of an evicted ledger delivers what was left", async () => {
    await world.shop.answerHooks(503);
    await opened();
    await evictDurableObject(world.ledger);
    world.setClock(minute(2) + 6 * SECOND);
    expect(await runDurableObjectAlarm(world.ledger)).toBe(true);
    expect((await world.notices()).map(({ says, status }) => `${says} ${status}`))
      .toEqual(["opened drift #1 503", "opened drift #1 204"]);
  });
});
