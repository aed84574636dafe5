import { describe, expect, test } from "vitest";
import type { Incident } from "../../src/judgement/incident.ts";
import type { Commit } from "../../src/storage/store.ts";
import {
  commit,
  dump,
  incident,
  MINUTE,
  notice,
  resolvedIncident,
  shard,
  type StoreFixture,
  T,
  TTL,
} from "./store_fixture.ts";

/** What a slot changes: all of it or nothing. */
export function commits(its: StoreFixture) {
  describe("commit", () => {
    test("keeps shards, samples, incidents and notices", async () => {
      await its.commitNow({
        shards: [shard(1), shard(0)],
        samples: [{ slot: T, shard: 0, data: "x" }],
        incidents: [incident("i1")],
        notices: [notice("n1")],
      });
      expect(await dump(its.store)).toEqual({
        shards: [shard(0), shard(1)],
        samples: [{ slot: T, shard: 0, data: "x" }],
        incidents: [incident("i1")],
        deliveries: [{ ...notice("n1"), seq: expect.any(Number), state: "pending", attempts: 0, nextAt: 0 }],
        disabled: {},
        pulse: { tick: T, slot: T },
        rollups: [],
        memos: [],
      });
    });

    test("under an older lease changes nothing at all", async () => {
      const old = await its.takeOrFail(T);
      const lease = await its.takeOrFail(T + MINUTE);
      await its.store.commit(lease, commit({ shards: [shard(0), shard(1)], incidents: [incident("i1")] }));
      const before = await dump(its.store);
      const late = commit({
        shards: [shard(0, "late"), shard(2)],
        dropFrom: 1,
        samples: [{ slot: T, shard: 0, data: "late" }],
        incidents: [resolvedIncident("i1", T), incident("i2")],
        notices: [notice("n1")],
      });
      expect(await its.store.commit(old, late)).toBe(false);
      expect(await dump(its.store)).toEqual(before);
    });

    test("under a lease that was abandoned and given again changes nothing", async () => {
      const old = await its.takeOrFail(T);
      await its.takeOrFail(T, T + TTL);
      expect(await its.store.commit(old, commit({ shards: [shard(0)] }))).toBe(false);
      expect(await its.store.readShards("all")).toEqual([]);
    });

    test("without any lease is refused", async () => {
      expect(await its.store.commit({ tick: T, owner: "a", fence: 0 }, commit({ shards: [shard(0)] }))).toBe(
        false,
      );
      expect(await its.store.readShards("all")).toEqual([]);
    });

    const good = { shards: [shard(0)], samples: [{ slot: T, shard: 0, data: "x" }], notices: [notice("n1")] };
    const wrong: [string, Partial<Commit>][] = [
      ["an incident of an unknown kind", {
        incidents: [incident("i1"), { ...incident("i2"), kind: "odd" as "drift" }],
      }],
      ["an incident with a field of its own", { incidents: [{ ...incident("i1"), extra: 1 } as Incident] }],
      ["an incident that opened at NaN", { incidents: [incident("i1", { openedAt: NaN })] }],
      ["a notice without a body", { notices: [notice("n1"), notice("n2", { body: undefined })] }],
      ["a sample between two milliseconds", { samples: [{ slot: T + 0.5, shard: 0, data: "x" }] }],
      ["a shard whose state holds U+0000", { shards: [shard(0), shard(1, "a\0b")] }],
    ];
    test.each(wrong)("with %s rejects and changes nothing", async (_name, more) => {
      const lease = await its.takeOrFail(T);
      const before = await dump(its.store);
      await expect(its.store.commit(lease, commit({ ...good, ...more }))).rejects.toThrow("shape is wrong");
      expect(await dump(its.store)).toEqual(before);
      expect(await its.store.commit(lease, commit(good))).toBe(true);
    });

    test("of the same slot again replaces state and sample", async () => {
      await its.commitNow({ shards: [shard(0)], samples: [{ slot: T, shard: 0, data: "first" }] });
      await its.commitNow({ shards: [shard(0, "second")], samples: [{ slot: T, shard: 0, data: "second" }] });
      const { shards, samples } = await dump(its.store);
      expect(shards).toEqual([shard(0, "second")]);
      expect(samples).toEqual([{ slot: T, shard: 0, data: "second" }]);
    });

    test("replaces an incident by id", async () => {
      await its.commitNow({ incidents: [incident("i1"), incident("i2")] });
      await its.commitNow({ incidents: [resolvedIncident("i1", T + MINUTE)] });
      expect(await its.store.getIncident("i1")).toEqual(resolvedIncident("i1", T + MINUTE));
      expect(await its.store.getIncident("i2")).toEqual(incident("i2"));
      expect(await its.store.getIncident("i3")).toBeNull();
    });

    test("drops the shards at and above dropFrom, then writes", async () => {
      await its.commitNow({ shards: [shard(0), shard(1), shard(2), shard(3)] });
      await its.commitNow({ shards: [shard(0, "new"), shard(3, "new")], dropFrom: 1 });
      expect(await its.store.readShards("all")).toEqual([shard(0, "new"), shard(3, "new")]);
    });

    test("keeps the row about Assay itself, whatever the shards become", async () => {
      await its.commitNow({ shards: [shard(-1), shard(0), shard(1)] });
      await its.commitNow({ shards: [shard(0, "new")], dropFrom: 0 });
      expect(await its.store.readShards("all")).toEqual([shard(-1), shard(0, "new")]);
      expect(await its.store.readShards([-1, 0])).toEqual([shard(-1), shard(0, "new")]);
    });

    test("ignores a notice whose id is stored, however far that one got", async () => {
      await its.commitNow({ notices: [notice("n1"), notice("n1", { body: "twice" })] });
      await its.receipt("n1", "delivered");
      const before = await dump(its.store);
      await its.commitNow({ notices: [notice("n1", { body: "again" })] });
      expect(before.deliveries).toMatchObject([{ ...notice("n1"), state: "delivered" }]);
      expect(await dump(its.store)).toEqual(before);
    });
  });
}
