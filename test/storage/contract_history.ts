import { describe, expect, test } from "vitest";
import { RECORD_KINDS, type Store } from "../../src/storage/store.ts";
import {
  commit,
  cutoffs,
  dump,
  HOUR,
  ids,
  incident,
  memo,
  MINUTE,
  notice,
  resolvedIncident,
  rollup,
  shard,
  type StoreFixture,
  T,
} from "./store_fixture.ts";

/** What is read back, page by page, and what is forgotten. */
export function history(its: StoreFixture) {
  describe("read", () => {
    test.each<[string, number[] | "all", number[]]>([
      ["all", "all", [0, 1, 2]],
      ["some, by number", [2, 0], [0, 2]],
      ["missing ones left out", [7, 1], [1]],
      ["none", [], []],
      ["more than 100 numbers", Array.from({ length: 300 }, (_, i) => i + 2), [2]],
    ])("%s", async (_name, wanted, found) => {
      await its.commitNow({ shards: [shard(2), shard(0), shard(1)] });
      expect((await its.store.readShards(wanted)).map((row) => row.shard)).toEqual(found);
    });

    test("under a lease gives what was committed before it, and under it", async () => {
      const first = await its.takeOrFail(T);
      await its.store.commit(first, commit({ shards: [shard(0), shard(1), shard(2)] }));
      const second = await its.takeOrFail(T + MINUTE);
      expect(await its.store.readShards([1, 7, 0], second)).toEqual([shard(0), shard(1)]);
      expect(await its.store.readShards("all", second)).toEqual([shard(0), shard(1), shard(2)]);
      await its.store.commit(second, commit({ shards: [shard(0, "newer")], dropFrom: 1 }));
      expect(await its.store.readShards([0, 1], second)).toEqual([shard(0, "newer")]);
    });

    test("samples are of one shard, oldest first, both ends included", async () => {
      const slots = [3, 1, 2, 0, 4].map((minutes) => T + minutes * MINUTE);
      await its.commitNow({
        samples: slots.flatMap((slot) => [0, 1].map((shard) => ({ slot, shard, data: `${slot}` }))),
      });
      const found = await its.store.readSamples({ shard: 1, from: T + MINUTE, to: T + 3 * MINUTE });
      expect(found).toEqual([1, 2, 3].map((minutes) => {
        const slot = T + minutes * MINUTE;
        return { slot, shard: 1, data: `${slot}` };
      }));
      expect(await its.store.readSamples({ shard: 1, from: T + MINUTE, to: T + 3 * MINUTE, limit: 2 }))
        .toEqual(found.slice(0, 2));
      expect(await its.store.latest()).toEqual({ tick: T, slot: T + 4 * MINUTE });
    });

    test.each<[string, string]>([
      ["quotes and comments", `'; DROP TABLE shard; -- " /* \``],
      ["placeholders", "? ?1 :a $b @c %s ${x}"],
      ["wide characters", "é ü 漢 \u{1F600} \uFFFF \u202E"],
      ["control characters", "\u0001\t\r\n\u007F"],
      ["nothing", ""],
      ["numbers", "0012"],
    ])("a text of %s comes back as it went in", async (_name, text) => {
      const hostile = incident(`i${text}`, { target: text, check: text, scope: text });
      const sent = notice(`n${text}`, { webhook: text, incident: hostile.id, type: text, body: text });
      await its.commitNow({
        shards: [{ shard: 0, layout: text, state: text }],
        samples: [{ slot: T, shard: 0, data: text }],
        incidents: [hostile],
        notices: [sent],
      });
      await its.store.disableWebhook(text, T);
      const found = await dump(its.store);
      expect(found.shards).toEqual([{ shard: 0, layout: text, state: text }]);
      expect(found.samples).toEqual([{ slot: T, shard: 0, data: text }]);
      expect(await its.store.getIncident(hostile.id)).toEqual(hostile);
      expect((await its.store.listIncidents({ limit: 9, target: text, check: text })).items).toEqual([
        hostile,
      ]);
      expect((await its.store.listDeliveries({ limit: 9, incident: hostile.id })).items).toMatchObject([
        sent,
      ]);
      expect(found.disabled).toEqual({ [text]: T });
    });

    test("a shard of a million characters", async () => {
      const state = "0123456789".repeat(100_000);
      await its.commitNow({ shards: [shard(0, state)], samples: [{ slot: T, shard: 0, data: state }] });
      expect((await its.store.readShards([0]))[0]!.state === state).toBe(true);
      expect((await its.store.readSamples({ shard: 0, from: T, to: T }))[0]!.data === state).toBe(true);
    });

    test("what goes in and what comes out are copies", async () => {
      const given = commit({ shards: [shard(0)], incidents: [incident("i1")], notices: [notice("n1")] });
      const lease = await its.takeOrFail(T);
      await its.store.commit(lease, given);
      const before = structuredClone(await dump(its.store));
      given.shards[0]!.state = "changed";
      given.incidents[0]!.timeline.length = 0;
      given.notices[0]!.body = "changed";
      const found = await dump(its.store);
      found.shards[0]!.state = "changed";
      found.incidents[0]!.timeline[0]!.outcome = "ready";
      found.deliveries[0]!.state = "dead";
      found.disabled.hook = 1;
      (await its.store.getIncident("i1"))!.timeline.length = 0;
      (await its.store.claimDeliveries({ nowMs: 0, leaseMs: 0, limit: 1 }))[0]!.body = "changed";
      expect(await dump(its.store)).toEqual(before);
    });
  });

  describe("pages", () => {
    /** Every page of `limit` rows, as ids. */
    async function pages(
      limit: number,
      page: (
        query: { limit: number; before?: string },
      ) => ReturnType<Store["listIncidents" | "listDeliveries"]>,
    ) {
      const all: string[][] = [];
      let before: string | null | undefined;
      while (before !== null) {
        const { items, next }: { items: { id: string }[]; next: string | null } = await page({
          limit,
          before,
        });
        all.push(ids(items));
        before = next;
      }
      return all;
    }

    test("incidents that opened at once are neither skipped nor repeated", async () => {
      const opened = { e: T + 1, a: T, b: T, c: T, d: T, f: T - 1 };
      await its.commitNow({
        incidents: Object.entries(opened).map(([id, openedAt]) => incident(id, { openedAt })),
      });
      expect(await pages(2, (query) => its.store.listIncidents(query))).toEqual([["e", "d"], ["c", "b"], [
        "a",
        "f",
      ]]);
      expect(await pages(4, (query) => its.store.listIncidents(query))).toEqual([["e", "d", "c", "b"], [
        "a",
        "f",
      ]]);
      expect(await pages(9, (query) => its.store.listIncidents(query))).toEqual([[
        "e",
        "d",
        "c",
        "b",
        "a",
        "f",
      ]]);
    });

    test("a page stands although its cursor's incident moved on", async () => {
      await its.commitNow({ incidents: ["a", "b", "c", "d"].map((id) => incident(id)) });
      const { next } = await its.store.listIncidents({ limit: 2 });
      await its.commitNow({
        incidents: [incident("c", { openedAt: T + HOUR }), incident("e", { openedAt: T + HOUR })],
      });
      expect(ids((await its.store.listIncidents({ limit: 2, before: next! })).items)).toEqual(["b", "a"]);
      expect(ids((await its.store.listIncidents({ limit: 3 })).items)).toEqual(["e", "c", "d"]);
    });

    test("incidents by state, target and check", async () => {
      await its.commitNow({
        incidents: [
          incident("a"),
          resolvedIncident("b", T),
          incident("c", { target: "blog" }),
          incident("d", { check: "read" }),
          incident("e"),
        ],
      });
      const found = async (query: Partial<Parameters<Store["listIncidents"]>[0]>) =>
        (await pages(1, (page) => its.store.listIncidents({ ...query, ...page }))).flat();
      expect(await found({ state: "open" })).toEqual(["e", "d", "c", "a"]);
      expect(await found({ state: "resolved" })).toEqual(["b"]);
      expect(await found({ target: "shop" })).toEqual(["e", "d", "b", "a"]);
      expect(await found({ target: "shop", check: "write", state: "open" })).toEqual(["e", "a"]);
      expect(await found({ target: "none" })).toEqual([]);
    });

    test("deliveries by state and incident, newest first", async () => {
      const about = (n: number) => ({ incident: n % 2 === 0 ? "i2" : "i1" });
      await its.commitNow({ notices: [1, 2, 3, 4, 5].map((n) => notice(`n${n}`, about(n))) });
      await its.receipt("n3", "dead");
      const found = (query: Partial<Parameters<Store["listDeliveries"]>[0]>) =>
        pages(2, (page) => its.store.listDeliveries({ ...query, ...page }));
      expect(await found({})).toEqual([["n5", "n4"], ["n3", "n2"], ["n1"]]);
      expect(await found({ incident: "i1" })).toEqual([["n5", "n3"], ["n1"]]);
      expect(await found({ incident: "i1", state: "pending" })).toEqual([["n5", "n1"]]);
      expect(await found({ state: "delivered" })).toEqual([[]]);
    });

    test.each(["", "x", "~", "~a", "NaN~a", "1e9~a", "' OR 1=1 --", "9".repeat(200)])(
      "a cursor that is none gives an empty page: %j",
      async (before) => {
        await its.commitNow({ incidents: [incident("a")], notices: [notice("n1")] });
        const nothing = { items: [], next: null };
        expect(await its.store.listIncidents({ limit: 5, before })).toEqual(nothing);
        expect(await its.store.listDeliveries({ limit: 5, before })).toEqual(nothing);
      },
    );
  });

  describe("rollups", () => {
    test("are of one unit, by start and shard, both ends included", async () => {
      const starts = [2, 0, 1, 3].map((hours) => T + hours * HOUR);
      await its.store.putRollups(starts.flatMap((start) => [1, 0].map((shard) => rollup({ start, shard }))));
      await its.store.putRollups([rollup({ unit: "day", start: T + HOUR })]);
      const found = await its.store.readRollups({ unit: "hour", from: T + HOUR, to: T + 2 * HOUR });
      expect(found.map(({ start, shard }) => [start, shard])).toEqual([
        [T + HOUR, 0],
        [T + HOUR, 1],
        [T + 2 * HOUR, 0],
        [T + 2 * HOUR, 1],
      ]);
    });

    test("written again are replaced", async () => {
      await its.store.putRollups([rollup(), rollup({ shard: 1 })]);
      await its.store.putRollups([rollup({ data: "newer" })]);
      expect((await dump(its.store)).rollups).toEqual([rollup({ data: "newer" }), rollup({ shard: 1 })]);
    });

    test("are written all or not at all", async () => {
      const wrong = { ...rollup({ shard: 1 }), data: 7 as unknown as string };
      await expect(its.store.putRollups([rollup(), wrong])).rejects.toThrow(/1\.data/);
      expect((await dump(its.store)).rollups).toEqual([]);
    });
  });

  describe("memos", () => {
    test.each<[string, number, boolean, string]>([
      ["a higher order replaces", 2, true, "newer"],
      ["the same order changes nothing", 1, false, "{}"],
      ["a lower order changes nothing", 0, false, "{}"],
    ])("%s", async (_name, order, kept, value) => {
      expect(await its.store.putRecord(memo())).toBe(true);
      expect(await its.store.putRecord(memo({ order, value: "newer" }))).toBe(kept);
      expect(await its.store.listRecords({ kind: "silence", limit: 9 })).toMatchObject([{
        key: "s1",
        value,
      }]);
    });

    test("are told by kind and beginning of the key, the last ones by key", async () => {
      for (const key of ["b/1", "a/2", "a_", "a/1", "a/3", "A/1", "a%/1"]) {
        await its.store.putRecord(memo({ key }));
      }
      await its.store.putRecord(memo({ kind: "report", key: "a/9" }));
      const keys = async (under: string | undefined, limit: number) =>
        (await its.store.listRecords({ kind: "silence", under, limit })).map(({ key }) => key);
      expect(await keys("a/", 9)).toEqual(["a/1", "a/2", "a/3"]);
      expect(await keys("a/", 2)).toEqual(["a/2", "a/3"]);
      expect(await keys("a%", 9)).toEqual(["a%/1"]);
      expect(await keys(undefined, 9)).toEqual(["A/1", "a%/1", "a/1", "a/2", "a/3", "a_", "b/1"]);
    });

    test.each(RECORD_KINDS)("of kind %s come back, and expire", async (kind) => {
      const own = memo({ kind, expiresAt: T });
      await its.store.putRecord(own);
      expect(await its.store.listRecords({ kind, limit: 9 })).toEqual([own]);
      expect(await its.store.prune(cutoffs({ nowMs: T + 1 }))).toBe(1);
      expect((await dump(its.store)).memos).toEqual([]);
    });

    test("are forgotten one by one, and may be told anew", async () => {
      await its.store.putRecord(memo());
      await its.store.putRecord(memo({ kind: "report" }));
      expect(await its.store.deleteRecord("silence", "s1")).toBe(true);
      expect(await its.store.deleteRecord("silence", "s1")).toBe(false);
      expect((await dump(its.store)).memos).toEqual([memo({ kind: "report" })]);
      expect(await its.store.putRecord(memo({ order: 0 }))).toBe(true);
    });

    test("of a wrong shape are refused", async () => {
      await expect(its.store.putRecord({ ...memo(), value: null as unknown as string })).rejects.toThrow(
        /value/,
      );
      expect((await dump(its.store)).memos).toEqual([]);
    });
  });

  describe("retain", () => {
    test("forgets rollups that start before their unit's cutoff", async () => {
      const starts = [0, 1].map((n) => T + n);
      await its.store.putRollups(
        (["hour", "day"] as const).flatMap((unit) => starts.map((start) => rollup({ unit, start }))),
      );
      expect(await its.store.prune(cutoffs({ hoursBefore: T + 1 }))).toBe(1);
      expect(await its.store.prune(cutoffs({ daysBefore: T + 2 }))).toBe(2);
      expect((await dump(its.store)).rollups).toEqual([rollup({ start: T + 1 })]);
    });

    test("forgets memos that have expired", async () => {
      for (const n of [0, 1]) await its.store.putRecord(memo({ key: `s${n}`, expiresAt: T + n }));
      expect(await its.store.prune(cutoffs({ nowMs: T + 1 }))).toBe(1);
      expect((await dump(its.store)).memos).toEqual([memo({ key: "s1", expiresAt: T + 1 })]);
    });

    test("forgets samples before the cutoff", async () => {
      await its.commitNow({
        samples: [0, 1, 2].map((n) => ({ slot: T + n, shard: n, data: "x" })),
        shards: [shard(0)],
      });
      expect(await its.store.prune(cutoffs({ rawBefore: T + 1, incidentsBefore: 0 }))).toBe(1);
      const { samples, shards } = await dump(its.store);
      expect(samples.map(({ slot }) => slot)).toEqual([T + 1, T + 2]);
      expect(shards).toEqual([shard(0)]);
    });

    test("forgets incidents resolved before the cutoff, never an open one", async () => {
      await its.commitNow({
        incidents: [incident("open"), resolvedIncident("old", T + 1), resolvedIncident("new", T + 2)],
      });
      expect(await its.store.prune(cutoffs({ rawBefore: 0, incidentsBefore: T + 2 }))).toBe(1);
      expect(ids((await dump(its.store)).incidents)).toEqual(["open", "new"]);
    });

    test("forgets settled deliveries created before the cutoff, never a pending one", async () => {
      await its.commitNow({ notices: ["n1", "n2", "n3"].map((id) => notice(id)) });
      await its.commitNow({ notices: [notice("n4", { createdAt: T + 1 })] });
      await its.receipt("n1", "delivered");
      await its.receipt("n2", "dead");
      await its.receipt("n4", "delivered");
      expect(await its.store.prune(cutoffs({ rawBefore: 0, incidentsBefore: T + 1 }))).toBe(2);
      expect(ids((await dump(its.store)).deliveries)).toEqual(["n4", "n3"]);
    });

    test("of nothing answers 0", async () => {
      expect(await its.store.prune(cutoffs({ rawBefore: T, incidentsBefore: T }))).toBe(0);
    });
  });

  test("probe resolves and changes nothing", async () => {
    await its.commitNow({ shards: [shard(0)], incidents: [incident("i1")], notices: [notice("n1")] });
    const before = await dump(its.store);
    await its.store.checkWritable();
    expect(await dump(its.store)).toEqual(before);
  });
}
