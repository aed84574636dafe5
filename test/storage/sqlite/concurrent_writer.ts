/** A process that takes ticks and commits one sample under each: `racer.ts FILE OWNER TICKS`. Prints what it was told. */
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { commit, MINUTE, T, TTL } from "../store_fixture.ts";

const [file, owner, ticks] = Deno.args as [string, string, string];
const store = openSqlite(file);
// One clock for all racers, at which every tick is due.
const nowMs = T + Number(ticks) * MINUTE;
for (let n = 0; n < Number(ticks); n++) {
  const tick = T + n * MINUTE;
  const lease = await store.takeLease({ tick, owner, nowMs, ttlMs: TTL });
  if (!lease) continue;
  const kept = await store.commit(lease, commit({ samples: [{ slot: tick, shard: 0, data: owner }] }));
  console.log(JSON.stringify({ owner, tick, fence: lease.fence, kept }));
}
await store.close();
