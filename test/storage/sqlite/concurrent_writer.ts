/**
 * A process that tries for each tick that it reads, and commits a sample under each that it gets:
 * `concurrent_writer.ts FILE OWNER`. It answers each line with one, and "end" by closing the store.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { commit, TTL } from "../store_fixture.ts";

const [file, owner] = Deno.args as [string, string];
const store = openSqlite(file);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "end") break;
  const tick = Number(line);
  const lease = await store.takeLease({ tick, owner, nowMs: tick, ttlMs: TTL });
  const kept = lease &&
    await store.commit(lease, commit({ samples: [{ slot: tick, shard: 0, data: owner }] }));
  console.log(JSON.stringify({ owner, tick, fence: lease?.fence, kept }));
}
await store.close();
process.exit();
