import fc from "fast-check";
import { expect, test } from "vitest";
import { openSqlite } from "../../functions/deno/sqlite.ts";
import { memoryStore } from "../../src/storage/memory.ts";
import type { Lease, Store } from "../../src/storage/store.ts";
import { MISSING, redis, titleOf } from "./upstash/redis_fixture.ts";
import { dump, incident, MINUTE, notice, resolvedIncident, T, TTL } from "./store_fixture.ts";

/** One call. `commit` names its lease by how many were given since; `page` goes on from the last page or starts anew. */
type Call =
  | { method: Exclude<keyof Store, "commit" | "listIncidents" | "listDeliveries">; args: unknown[] }
  | { method: "commit"; args: [leasesAgo: number, commit: unknown] }
  | { method: "listIncidents" | "listDeliveries"; args: [query: object]; goOn: boolean };

const call = (method: Call["method"], ...args: fc.Arbitrary<unknown>[]) =>
  fc.record({ method: fc.constant(method), args: fc.tuple(...args) }) as fc.Arbitrary<Call>;
const list = (method: Call["method"], query: fc.Arbitrary<unknown>) =>
  fc.record({
    method: fc.constant(method),
    args: fc.tuple(query),
    goOn: fc.boolean(),
  }) as fc.Arbitrary<Call>;
const maybe = <V>(value: fc.Arbitrary<V>) => fc.option(value, { nil: undefined });
const few = <V>(value: fc.Arbitrary<V>) => fc.array(value, { maxLength: 3 });

const small = fc.nat(3);
const tick = fc.integer({ min: -6, max: 8 }).map((minutes) => T + minutes * MINUTE);
const nowMs = fc.integer({ min: -40, max: 60 }).map((tens) => T + tens * 10_000);
const text = fc.constantFrom("a", "b", "'--", "é\u{1F600}");
const id = fc.constantFrom("a", "b", "c", "d", "e");
const state = fc.constantFrom("pending", "delivered", "dead");
const unit = fc.constantFrom("hour", "day");
const kind = fc.constantFrom("silence", "report");
const limit = fc.integer({ min: 1, max: 4 });

const incidents = fc.tuple(id, nowMs, text, text, fc.boolean()).map(([id, at, target, check, open]) => ({
  ...(open ? incident(id) : resolvedIncident(id, at)),
  ...{ openedAt: at, target, check },
}));
const notices = fc.tuple(id, text, small, nowMs, maybe(nowMs)).map(([id, webhook, n, createdAt, notBefore]) =>
  notice(id, {
    ...{ webhook, incident: `i${n % 2}`, createdAt },
    ...(n > 1 && { episode: n }),
    ...(notBefore !== undefined && { notBefore }),
  })
);
const commits = fc.record({
  shards: few(fc.record({ shard: small, layout: text, state: text })),
  dropFrom: maybe(small),
  samples: few(fc.record({ slot: tick, shard: small, data: text })),
  incidents: few(fc.oneof({ weight: 20, arbitrary: incidents }, fc.constant({ id: "not an incident" }))),
  notices: few(notices),
});

const receipts = fc.record({
  ...{ state, attempts: small, nextAt: nowMs, lastAttemptAt: maybe(nowMs) },
  ...{ lastStatus: maybe(fc.constant(500)), lastError: maybe(text) },
});

const leases = call(
  "takeLease",
  fc.record({ tick, owner: text, nowMs, ttlMs: fc.constantFrom(TTL, 20_000) }),
);
const calls = fc.oneof(
  leases,
  { weight: 4, arbitrary: call("commit", fc.constantFrom(0, 0, 0, 0, 1, 2), commits) },
  {
    weight: 3,
    arbitrary: call("claimDeliveries", fc.record({ nowMs, leaseMs: fc.constantFrom(0, MINUTE), limit })),
  },
  {
    weight: 3,
    arbitrary: call(
      "recordAttempt",
      id,
      receipts,
      maybe(nowMs),
    ),
  },
  // Several that are not of one webhook, and so wake nobody.
  call("recordAttempt", fc.uniqueArray(id, { minLength: 1, maxLength: 3 }), receipts),
  call("enqueue", few(notices)),
  call("resend", id, nowMs),
  call("wakeDeliveries", fc.record({ webhook: text, nowMs, after: nowMs, limit: maybe(limit) })),
  call("disableWebhook", text, fc.option(nowMs)),
  call("listDisabledWebhooks"),
  call("latest"),
  call("checkWritable"),
  call("readShards", fc.oneof(fc.constant("all"), few(small))),
  call("readSamples", fc.record({ shard: small, from: tick, to: tick, limit: maybe(limit) })),
  call("getIncident", id),
  list(
    "listIncidents",
    fc.record({
      limit,
      state: maybe(fc.constantFrom("open", "resolved")),
      target: maybe(text),
      check: maybe(text),
    }),
  ),
  list(
    "listDeliveries",
    fc.record({ limit, state: maybe(state), incident: maybe(fc.constantFrom("i0", "i1")) }),
  ),
  call("putRollups", few(fc.record({ unit, start: tick, shard: small, data: text }))),
  call("readRollups", fc.record({ unit, from: tick, to: tick })),
  call("putRecord", fc.record({ kind, key: text, order: small, value: text, expiresAt: nowMs })),
  call("listRecords", fc.record({ kind, under: maybe(text), limit })),
  call("deleteRecord", kind, text),
  call(
    "prune",
    fc.record({ rawBefore: tick, hoursBefore: tick, daysBefore: tick, incidentsBefore: nowMs, nowMs }),
  ),
);

const NO_LEASE: Lease = { tick: T, owner: "nobody", fence: 0 };

/** The answers of a store to a sequence of calls, and all that it tells of itself afterwards. */
async function answers(store: Store, sequence: Call[]): Promise<unknown[]> {
  const given: Lease[] = [];
  let next: string | null = null;
  const heard: unknown[] = [];
  for (const call of sequence) {
    const method = store[call.method].bind(store) as (...args: unknown[]) => Promise<unknown>;
    let args: unknown[] = call.args;
    if (call.method === "commit") args = [given.at(-1 - call.args[0]) ?? NO_LEASE, call.args[1]];
    if ("goOn" in call) args = [{ ...call.args[0], before: call.goOn && next ? next : undefined }];
    const answer = await method(...args).catch((error: Error) => `rejected: ${error.message}`);
    if (call.method === "takeLease" && answer) given.push(answer as Lease);
    if ("goOn" in call) next = (answer as { next: string | null }).next;
    heard.push(answer);
  }
  heard.push(await dump(store));
  await store.close();
  return heard;
}

const sequencesOf = (calls: fc.Arbitrary<Call>) =>
  fc.tuple(leases, fc.array(calls, { maxLength: 60, size: "max" })).map(([first, rest]) => [first, ...rest]);

/** When the next notice is due may be known too early where asking costs money. */
const exactCalls = fc.oneof({ weight: 20, arbitrary: calls }, call("nextDelivery", nowMs));

/** Holds a store to the answers of the one in memory. */
const likeMemory = (open: () => Store, numRuns: number, given = calls) =>
  fc.assert(
    fc.asyncProperty(sequencesOf(given), async (sequence) => {
      const expected = await answers(memoryStore(), sequence);
      expect(await answers(open(), sequence)).toEqual(expected);
    }),
    { numRuns },
  );

test("sqlite and memory give the same answers to any sequence of calls", async () => {
  await likeMemory(() => openSqlite(":memory:"), 200, exactCalls);
}, 60_000);

test.skipIf(MISSING)(
  titleOf("upstash and memory give the same answers to any sequence of calls"),
  async () => {
    const here = await redis();
    await likeMemory(() => here.store(), 60).finally(() => here.close());
  },
  120_000,
);
