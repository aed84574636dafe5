import { expect, test } from "vitest";
import { Leases } from "../../../src/storage/upstash/lease.ts";
import { deflate } from "../../../src/storage/upstash/values.ts";

test("what was read before a commit and comes after it is not taken for what stands there", async () => {
  let answer!: (texts: unknown) => void;
  const commands = {
    once: () => Promise.resolve(1),
    run: (_script: string, _keys: string[], fields: string[]) =>
      fields.some((field) => field.startsWith("shard:"))
        ? new Promise((resolve) => answer = resolve)
        : Promise.resolve(fields.map(() => null)),
  };
  const leases = new Leases(commands as never, { now: "now" } as never, Math.random);
  const lease = (await leases.take({ tick: 0, owner: "a", nowMs: 0, ttlMs: 55_000 }))!;
  const slow = leases.shards([0], lease);
  leases.noteCommit(lease, [{ shard: 0, layout: "l", state: "new" }]);
  answer([await deflate(JSON.stringify(["l", "old"]))]);
  await slow;
  expect(await leases.shards([0], lease)).toMatchObject([{ state: "new" }]);
});
