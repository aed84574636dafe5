/** What the moves of a tick cost: Upstash bills each command, also those that a script calls. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { budgetedMinute, measureMinutes, minuteConfig } from "../../../scripts/bench/minutes.ts";
import type { Commit, Store } from "../../../src/storage/store.ts";
import { MISSING, type Redis, redis, titleOf } from "./redis_fixture.ts";
import { commit, incident, MINUTE, notice, shard, T, TTL } from "../store_fixture.ts";

describe.skipIf(MISSING)(titleOf("a tick of upstash"), () => {
  let here: Redis;
  beforeAll(async () => void (here = await redis()));
  afterAll(() => here.close());

  /** REST requests and billed commands of `work`. */
  async function cost(work: () => Promise<unknown>): Promise<[requests: number, commands: number]> {
    const before = await here.gateway.stats();
    await work();
    const after = await here.gateway.stats();
    return [after.requests - before.requests, after.commands - before.commands];
  }
  const SHARDS = [0, 1, 2, 3, 4];
  /** What a settler and its outbox ask of a store in a minute, after another one's if it must read its states. */
  async function tick(
    store: Store,
    minute: number,
    { reads = false, ...more }: Partial<Commit> & { reads?: boolean } = {},
  ): Promise<boolean> {
    const slot = T + minute * MINUTE;
    const lease = await store.takeLease({ tick: slot, owner: "a", nowMs: slot, ttlMs: TTL });
    if (!lease) return false;
    if (reads) await store.readShards(SHARDS, lease);
    const shards = SHARDS.map((number) => shard(number, `state ${minute}`));
    const samples = SHARDS.map((shard) => ({ slot, shard, data: "x" }));
    expect(await store.commit(lease, commit({ shards, samples, ...more }))).toBe(true);
    for (let look = 0; look < 12; look++) {
      await store.claimDeliveries({ nowMs: slot + 5_000 * look, leaseMs: 60_000, limit: 1 });
    }
    return true;
  }

  test("is two requests and four commands, however many shards there are", async () => {
    const store = here.store();
    await tick(store, 0);
    for (const minute of [1, 2, 3]) expect(await cost(() => tick(store, minute))).toEqual([2, 4]);
    // The first slot of another hour.
    expect(await cost(() => tick(store, 61))).toEqual([2, 4]);
  });

  test.each([[3, 14], [1, 6]])(
    "of %s turns, in quiet, is %s commands, as the budget says",
    async (turns, commands) => {
      const config = await minuteConfig(turns, "upstash");
      const store = here.store({ prefix: `minutes-${turns}` });
      const writes = async () => (await here.gateway.stats()).commands;
      const budgeted = budgetedMinute(config);
      expect(budgeted.writes).toBe(commands);
      expect(await measureMinutes(config, { store, writes })).toEqual(budgeted);
    },
  );

  test("is two requests and three commands for whoever comes second", async () => {
    const [first, second] = [here.store({ prefix: "two" }), here.store({ prefix: "two" })];
    for (const minute of [0, 1]) for (const store of [first, second]) await tick(store, minute);
    await tick(first, 2);
    expect(await cost(async () => expect(await tick(second, 2)).toBe(false))).toEqual([2, 3]);
    expect(await cost(() => tick(first, 3))).toEqual([2, 4]);
  });

  test("costs a look and a reading more when another one has settled before", async () => {
    const [first, second] = [here.store({ prefix: "turns" }), here.store({ prefix: "turns" })];
    for (const minute of [0, 1, 2, 3]) await tick(minute % 2 === 0 ? first : second, minute);
    expect(await cost(() => tick(first, 4, { reads: true }))).toEqual([5, 9]);
  });

  test("in which an incident opens costs more, and the next one does not", async () => {
    const store = here.store();
    for (const minute of [0, 1]) await tick(store, minute);
    const opened = { incidents: [incident("i1")], notices: [notice("n1")] };
    const [requests, commands] = await cost(() => tick(store, 2, opened));
    expect(requests).toBeLessThanOrEqual(4);
    expect(commands).toBeLessThanOrEqual(30);
    // So that the script is known. Of the commands two look for others that wait.
    await store.recordAttempt("none", { state: "delivered", attempts: 1, nextAt: T }, T);
    const told = () => store.recordAttempt("n1", { state: "delivered", attempts: 1, nextAt: T }, T);
    expect(await cost(told)).toEqual([1, 9]);
    await tick(store, 3);
    expect(await cost(() => tick(store, 4))).toEqual([2, 4]);
  });
});
