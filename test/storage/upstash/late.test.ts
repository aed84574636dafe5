/** Requests that Redis sees after their sender gave them up, and what a process believes while another one acts. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../../src/storage/store.ts";
import { type Fault, MISSING, type Redis, redis, titleOf } from "./redis_fixture.ts";
import { commit, dump, MINUTE, notice, shard, T, TTL } from "../store_fixture.ts";

let here: Redis;
let store: Store;
const PREFIX = "assay";
beforeEach(async () => {
  if (MISSING) return;
  here = await redis();
  store = here.store({ prefix: PREFIX });
});
afterEach(async () => {
  if (!MISSING) await here.close();
});

const other = () => here.store({ prefix: PREFIX });
const take = async (tick: number, by = store) =>
  (await by.takeLease({ tick, owner: "a", nowMs: tick, ttlMs: TTL }))!;
const badGateway = () => new Response("<html>502</html>", { status: 502 });
/** Only a commit and the forgetting name the incidents. */
const onCommit = (fault: Fault): Fault => (asked, pass) =>
  asked.command.includes(`{${PREFIX}}:incidents`) ? fault(asked, pass) : pass();

describe.skipIf(MISSING)(titleOf("a commit that was given up, and arrives late"), () => {
  test("changes nothing once its lease's holder has read on", async () => {
    const lease = await take(T);
    await store.commit(lease, commit({ shards: [shard(0, "before")] }));
    const late: (() => Promise<Response>)[] = [];
    here.fault = onCommit((_asked, pass) => (late.push(pass), badGateway()));
    const given = commit({ shards: [shard(0, "given up")], notices: [notice("n1")] });
    await expect(store.commit(lease, given)).rejects.toThrow("Upstash");
    here.fault = undefined;
    expect(await store.readShards([0], lease)).toEqual([shard(0, "before")]);
    await store.commit(lease, commit({ shards: [shard(0, "after")] }));
    const before = await dump(store);
    for (const pass of late) await pass();
    expect(await dump(store)).toEqual(before);
    expect(before.shards).toEqual([shard(0, "after")]);
  });

  test("was applied before all its answers were lost: the holder reads it, and its notices go out", async () => {
    const lease = await take(T);
    await store.commit(lease, commit({ shards: [shard(0, "before")] }));
    expect(await store.claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9 })).toEqual([]);
    here.fault = onCommit(async (_asked, pass) => {
      await pass();
      return badGateway();
    });
    const own = commit({ shards: [shard(0, "applied")], notices: [notice("n1")] });
    await expect(store.commit(lease, own)).rejects.toThrow("Upstash");
    here.fault = undefined;
    expect(await store.readShards([0], lease)).toEqual([shard(0, "applied")]);
    expect((await store.claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9 })).map(({ id }) => id)).toEqual([
      "n1",
    ]);
  });
});

describe.skipIf(MISSING)(titleOf("what another process wrote into the outbox"), () => {
  test("is found within five minutes by one that knew of nothing and commits nothing", async () => {
    const standby = other();
    const looked = (nowMs: number) => standby.claimDeliveries({ nowMs, leaseMs: 1, limit: 9 });
    expect(await looked(T)).toEqual([]);
    await store.commit(await take(T), commit({ notices: [notice("n1")] }));
    const asked: string[][] = [];
    here.fault = ({ command }, pass) => (asked.push(command), pass());
    expect(await looked(T + MINUTE)).toEqual([]);
    expect(asked).toEqual([]);
    expect((await looked(T + 6 * MINUTE)).map(({ id }) => id)).toEqual(["n1"]);
  });

  test("is found though the clock stepped back", async () => {
    const standby = other();
    expect(await standby.claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9 })).toEqual([]);
    expect(await standby.claimDeliveries({ nowMs: T + MINUTE, leaseMs: 1, limit: 9 })).toEqual([]);
    await store.commit(await take(T), commit({ notices: [notice("n1")] }));
    expect(await standby.claimDeliveries({ nowMs: T - 60 * MINUTE, leaseMs: 1, limit: 9 })).toHaveLength(1);
  });
});

describe.skipIf(MISSING)(titleOf("a piece of a commit"), () => {
  test("is forgotten by itself, though its sender dies or the piece comes late", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const noise = () => btoa(String.fromCharCode(...bytes.map((byte, i) => byte ^ i * Math.floor(i / 256))));
    const shards = Array.from({ length: 30 }, (_, i) => shard(i, `${i}${noise()}`.repeat(2)));
    const lease = await take(T);
    const staged = () => here.raw.keys("*:stage:*");
    here.fault = async (_asked, pass) => (await staged()).length > 0 ? badGateway() : await pass();
    await expect(store.commit(lease, commit({ shards }))).rejects.toThrow("Upstash");
    const [stage, ...more] = await staged();
    expect(more).toEqual([]);
    expect(await here.raw.ttl(stage!)).toBeGreaterThan(0);
  });
});
