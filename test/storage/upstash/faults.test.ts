/** What goes wrong between the store and Redis, and inside Redis. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../../src/storage/store.ts";
import { type Fault, MISSING, type Redis, redis, titleOf } from "./redis_fixture.ts";
import {
  commit,
  dump,
  incident,
  memo,
  MINUTE,
  notice,
  resolvedIncident,
  rollup,
  shard,
  T,
  TTL,
} from "../store_fixture.ts";

let here: Redis;
let store: Store;
const PREFIX = "assay";
beforeEach(async () => {
  if (MISSING) return;
  here = await redis({ appendOnly: true });
  store = here.store({ prefix: PREFIX });
});
afterEach(async () => {
  if (!MISSING) await here.close();
});

const take = (tick: number, owner = "a", by = store) =>
  by.takeLease({ tick, owner, nowMs: tick, ttlMs: TTL });
const everything = (state = "x") =>
  commit({
    shards: [shard(0, state), shard(1, state)],
    samples: [{ slot: T, shard: 0, data: state }],
    incidents: [incident("i1"), resolvedIncident("i2", T)],
    notices: [notice("n1"), notice("n2", { incident: "i2" })],
  });
/** Another process over the same data. */
const other = () => here.store({ prefix: PREFIX });
/** The first `times` such commands fare so; then all is well. A script is known only once it came as EVAL. */
function faulty(command: string, fault: Fault, times = 1) {
  here.fault = (asked, pass) => {
    if (asked.command[0] !== command || times-- <= 0) return pass();
    return fault(asked, pass);
  };
}
const badGateway = () => new Response("<html>502</html>", { status: 502 });
const lost: Fault = async (_asked, pass) => {
  await pass();
  return badGateway();
};

describe.skipIf(MISSING)(titleOf("a lost answer"), () => {
  test("of a commit: it is sent again, applied once, and answered as it was", async () => {
    const lease = await take(T);
    faulty("EVAL", lost);
    expect(await store.commit(lease!, everything())).toBe(true);
    expect((await dump(store)).deliveries).toHaveLength(2);
    expect((await dump(other())).shards).toEqual(everything().shards);
  });

  test("of a commit, and the lease is gone by the time it is sent again: still the same answer", async () => {
    const lease = await take(T);
    const rival = other();
    faulty("EVAL", async (_asked, pass) => {
      await pass();
      here.fault = undefined;
      const next = await take(T + MINUTE, "b", rival);
      expect(await rival.commit(next!, commit({ shards: [shard(0, "newer")] }))).toBe(true);
      return badGateway();
    });
    expect(await store.commit(lease!, everything("older"))).toBe(true);
    expect(await store.readShards([0])).toEqual([shard(0, "newer")]);
  });

  test("of a commit that had lost: the same answer too", async () => {
    const lease = await take(T);
    await take(T + MINUTE, "b", other());
    faulty("EVAL", lost);
    expect(await store.commit(lease!, everything())).toBe(false);
    expect(await store.readShards("all")).toEqual([]);
  });

  test("of a commit, to the end: its lease can still be released", async () => {
    const lease = (await take(T))!;
    here.fault = lost;
    await expect(store.commit(lease, everything())).rejects.toThrow("Upstash");
    await expect(store.releaseLease(lease)).rejects.toThrow("Upstash");
    here.fault = undefined;
    await store.releaseLease(lease);
    expect(await take(T, "b", other())).toMatchObject({ owner: "b", fence: 2 });
  });

  test("of a lease: it is given all the same", async () => {
    faulty("HSETNX", lost);
    expect(await take(T)).toEqual({ tick: T, owner: "a", fence: 1 });
    expect(await take(T, "b", other())).toBeNull();
  });

  test("of a lease that another one got: nothing is given", async () => {
    await take(T, "b", other());
    faulty("HSETNX", lost);
    expect(await take(T)).toBeNull();
  });
});

describe.skipIf(MISSING)(titleOf("a request that comes twice"), () => {
  test("a commit's copy that comes after the next commit changes nothing", async () => {
    const lease = await take(T);
    let again = () => Promise.resolve(new Response());
    faulty("EVAL", (_asked, pass) => (again = pass)());
    await store.commit(lease!, everything("first"));
    await store.commit(lease!, everything("second"));
    const before = await dump(store);
    expect(await (await again()).json()).toEqual({ result: [1, "0"] });
    expect(await dump(store)).toEqual(before);
  });

  test("a lease's copy gives nothing away", async () => {
    let again = () => Promise.resolve(new Response());
    faulty("HSETNX", (_asked, pass) => (again = pass)());
    const lease = await take(T);
    expect(await (await again()).json()).toEqual({ result: 0 });
    expect(await store.commit(lease!, everything())).toBe(true);
  });
});

const REFUSALS: [string, Fault][] = [
  ["429", () => Response.json({ error: "ERR too many requests" }, { status: 429 })],
  ["500", () => Response.json({ error: "ERR internal" }, { status: 500 })],
  ["a page under 502", badGateway],
  ["silence", async () => {
    await new Promise((resolve) => setTimeout(resolve, 700));
    return badGateway();
  }],
];

describe.skipIf(MISSING).each(REFUSALS)(titleOf("a gateway that answers with %s"), (_name, fault) => {
  test("twice is got over", async () => {
    const patient = here.store({ prefix: PREFIX, timeoutMs: 400 });
    const lease = await take(T, "a", patient);
    faulty("EVAL", fault, 2);
    expect(await patient.commit(lease!, everything())).toBe(true);
    faulty("HMGET", fault, 2);
    expect(await patient.readShards("all")).toEqual(everything().shards);
  });

  test("for good rejects, and what stood there stands when it is well again", async () => {
    const patient = here.store({ prefix: PREFIX, timeoutMs: 400 });
    const lease = await take(T, "a", patient);
    await patient.commit(lease!, everything());
    const before = await dump(store);
    here.fault = fault;
    await expect(patient.commit(lease!, everything("later"))).rejects.toThrow(/^Upstash/);
    await expect(take(T + MINUTE, "a", patient)).rejects.toThrow(/^Upstash/);
    here.fault = undefined;
    expect(await dump(store)).toEqual(before);
    const next = await take(T + MINUTE, "a", patient);
    expect(await patient.readShards([0, 1], next!)).toEqual(everything().shards);
    expect(await patient.commit(next!, everything("later"))).toBe(true);
  });
});

describe.skipIf(MISSING)(titleOf("redis"), () => {
  test("that has forgotten the scripts is given them again", async () => {
    await store.commit((await take(T))!, everything());
    await here.raw.sendCommand(["SCRIPT", "FLUSH"]);
    expect(await store.commit((await take(T + MINUTE))!, everything("y"))).toBe(true);
    expect((await store.claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9 })).map(({ id }) => id)).toEqual([
      "n1",
      "n2",
    ]);
  });

  test("killed and started again on its log goes on where it was", async () => {
    const lease = await take(T);
    await store.commit(lease!, everything());
    const before = await dump(store);
    await here.restart();
    expect(await dump(store)).toEqual(before);
    expect(await take(T, "b", other())).toBeNull();
    expect(await store.commit(lease!, everything("y"))).toBe(true);
  });

  test(
    "killed in the middle of commits has each of them whole or not at all, and answers for it",
    async () => {
      const calm = everything();
      for (let round = 0; round < 8; round++) {
        const tick = T + round * MINUTE;
        const lease = (await take(tick))!;
        const id = `round${round}`;
        const large = commit({
          ...calm,
          shards: [shard(0, id)],
          incidents: Array.from({ length: 300 }, (_, i) => incident(`${id}-${i}`)),
          notices: Array.from({ length: 300 }, (_, i) => notice(`${id}-${i}`)),
        });
        const committing = store.commit(lease, large);
        // It dies before, while or after the script runs.
        let restarted: Promise<void> | undefined;
        faulty("EVAL", async (_asked, pass) => {
          const answer = pass();
          await new Promise((resolve) => setTimeout(resolve, 2 * round));
          restarted = here.restart();
          return await answer;
        });
        const won = await committing.catch(() => "unknown");
        here.fault = undefined;
        await restarted;
        const { items } = await store.listIncidents({ limit: 1_000 });
        const isApplied = (await store.readShards([0]))[0]?.state === id;
        expect(items.filter((one) => one.id.startsWith(`${id}-`))).toHaveLength(isApplied ? 300 : 0);
        const { items: sent } = await store.listDeliveries({ limit: 1_000, state: "pending" });
        expect(sent.filter((one) => one.id.startsWith(`${id}-`))).toHaveLength(isApplied ? 300 : 0);
        if (won !== "unknown") expect(isApplied).toBe(won);
      }
    },
    60_000,
  );
});

describe.skipIf(MISSING)(
  titleOf("a value of the wrong shape is an error that names it, and nothing is touched"),
  () => {
    const now = `{${PREFIX}}:now`;
    const hset = (key: string, field: string, value: string) => () =>
      here.raw.sendCommand(["HSET", key, field, value]);
    const made = (key: string) => async () => {
      await here.raw.sendCommand(["DEL", key]);
      await here.raw.sendCommand(["SET", key, "a text"]);
    };
    const again = async () => store.commit((await take(T + MINUTE))!, everything("again"));
    const rows: [string, () => Promise<unknown>, () => Promise<unknown>, RegExp][] = [
      [
        "a state that is not packed",
        hset(now, "shard:0", "{}"),
        () => store.readShards("all"),
        /field shard:0.*shape/,
      ],
      [
        "a state that is no pair",
        hset(now, "shard:0", "q1bKUbJSMlSqBQA="),
        () => store.readShards([0]),
        /field shard:0/,
      ],
      ["a lease", hset(now, "lease:1", "mine"), () => other().latest(), /lease:1.*shape/],
      ["the newest slot", hset(now, "newest", "noon"), again, /field newest .*shape/],
      ["the list of shards", hset(now, "shards", "all"), () => other().readShards("all"), /field shards/],
      ["the fence", hset(now, "fence", "high"), again, /fence/],
      [
        "a sample",
        hset(now, `sample:${T}/0`, "?"),
        () => store.readSamples({ shard: 0, from: T, to: T }),
        /sample:/,
      ],
      ["another kind of key for it all", made(now), () => take(T + MINUTE), /WRONGTYPE/],
      ["another kind of key for incidents", made(`{${PREFIX}}:incidents`), again, /incidents.*shape/],
      ["another kind of key for notices", made(`{${PREFIX}}:notices`), again, /notices.*shape/],
      [
        "an incident",
        hset(`{${PREFIX}}:incidents`, "i1", "q1bKUbJSMlSqBQA="),
        () => store.getIncident("i1"),
        /incident i1/,
      ],
      [
        "a delivery, claimed",
        hset(`{${PREFIX}}:deliveries`, "n1", "1 soon"),
        () => other().claimDeliveries({ nowMs: T, leaseMs: 1, limit: 9 }),
        /delivery n1.*shape/,
      ],
      [
        "a delivery, listed",
        hset(`{${PREFIX}}:deliveries`, "n1", "1 soon"),
        () => store.listDeliveries({ limit: 9 }),
        /delivery n1.*shape/,
      ],
      [
        "a rollup",
        hset(`{${PREFIX}}:rollups`, `hour/${T}/0`, "?"),
        () => store.readRollups({ unit: "hour", from: T, to: T }),
        /hour.*shape/,
      ],
      [
        "a memo",
        hset(`{${PREFIX}}:memos:silence`, "s1", "1"),
        () => store.listRecords({ kind: "silence", limit: 9 }),
        /silence s1.*shape/,
      ],
      [
        "a memo, told anew",
        hset(`{${PREFIX}}:memos:silence`, "s1", "first\n{}"),
        () => store.putRecord(memo({ order: 9 })),
        /memo s1.*shape/,
      ],
    ];
    test.each(rows)("%s", async (_name, spoil, use, message) => {
      await store.commit((await take(T))!, everything());
      await store.putRollups([rollup()]);
      await store.putRecord(memo());
      await spoil();
      const before = await contents();
      await expect(use()).rejects.toThrow(message);
      expect(withoutLeases(await contents())).toEqual(withoutLeases(before));
    });

    /** Every key as it is. */
    async function contents(): Promise<Record<string, unknown>> {
      const all = await Promise.all((await here.raw.keys("*")).map(async (key) => {
        const kind = await here.raw.type(key);
        if (kind === "hash") {
          return [key, { ...await here.raw.hGetAll(key) }];
        }
        if (kind === "zset") {
          return [key, await here.raw.zRangeWithScores(key, 0, -1)];
        }
        if (kind === "set") {
          return [key, (await here.raw.sMembers(key)).sort()];
        }
        return [key, await here.raw.get(key)];
      }));
      return Object.fromEntries(all);
    }

    /** A commit needs a lease, which it does not take back. */
    function withoutLeases(all: Record<string, unknown>) {
      const fields = Object(all[now]) as Record<string, string>;
      const { "lease:2": _, ...rest } = typeof all[now] === "string" ? {} : fields;
      return { ...all, [now]: typeof all[now] === "string" ? all[now] : rest };
    }
  },
);

describe.skipIf(MISSING)(titleOf("a fence never falls"), () => {
  const lastFence = async () =>
    Object.keys(await here.raw.hGetAll(`{${PREFIX}}:now`))
      .flatMap((name) => /^lease:(\d+)$/.exec(name)?.slice(1).map(Number) ?? []);

  test("for a process that starts after old leases were forgotten", async () => {
    for (let n = 0; n < 1_500; n++) await take(T + n * MINUTE);
    await store.prune({ rawBefore: 0, hoursBefore: 0, daysBefore: 0, incidentsBefore: 0, nowMs: 0 });
    expect(Math.min(...await lastFence())).toBe(61);
    expect(await take(T + 1_500 * MINUTE, "b", other())).toMatchObject({ fence: 1_501 });
    expect(await take(T + 1_501 * MINUTE)).toMatchObject({ fence: 1_502 });
  });

  test("for one that was asleep for longer than leases are kept: it commits nothing, and then knows better", async () => {
    const first = (await take(T))!;
    await store.commit(first, everything());
    const awake =
      (await other().takeLease({ tick: T + 9 * MINUTE, owner: "b", nowMs: T + 9 * MINUTE, ttlMs: TTL }))!;
    const fields = await here.raw.hGetAll(`{${PREFIX}}:now`);
    await here.raw.hSet(`{${PREFIX}}:now`, { "lease:9000": fields[`lease:${awake.fence}`]!, fence: "9000" });
    await here.raw.hDel(`{${PREFIX}}:now`, ["lease:1", "lease:2"]);
    const late = await take(T + 5 * MINUTE);
    expect(await store.commit(late!, everything("late"))).toBe(false);
    expect(await store.takeLease({ tick: T + 6 * MINUTE, owner: "a", nowMs: T + 9 * MINUTE, ttlMs: TTL }))
      .toBeNull();
    expect(await take(T + 10 * MINUTE)).toMatchObject({ fence: 9_001 });
    expect(await store.readShards([0])).toEqual([shard(0, "x")]);
  });
});

describe.skipIf(MISSING)(titleOf("a commit that is too large for one request"), () => {
  test("goes in pieces of less than 1 MB, and is applied whole", async () => {
    const sizes: number[] = [];
    here.fault = ({ command }, pass) => (sizes.push(JSON.stringify(command).length), pass());
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const noise = () => btoa(String.fromCharCode(...bytes.map((byte, i) => byte ^ i * Math.floor(i / 256))));
    const shards = Array.from({ length: 30 }, (_, i) => shard(i, `${i}${noise()}`.repeat(2)));
    expect(await store.commit((await take(T))!, commit({ shards, notices: [notice("n1")] }))).toBe(true);
    expect(Math.max(...sizes)).toBeLessThan(1_048_576);
    expect(sizes.length).toBeGreaterThan(3);
    expect(await other().readShards("all")).toEqual(shards);
  });
});

describe.skipIf(MISSING)(titleOf("a token that only reads"), () => {
  const reading = (token: string) => here.store({ prefix: PREFIX, token });
  /** `ACL RESTTOKEN`, for a user who may read this Assay's keys and nothing else. */
  async function scoped(): Promise<string> {
    const rules = ["on", ">a-password", "resetkeys", `%R~{${PREFIX}}:*`, "+@read"];
    await here.raw.sendCommand(["ACL", "SETUSER", "public", ...rules]);
    const answer = await fetch(here.url, {
      method: "POST",
      headers: { authorization: `Bearer ${here.token}` },
      body: JSON.stringify(["ACL", "RESTTOKEN", "public", "a-password"]),
    });
    return (await answer.json()).result;
  }

  test.each<[string, () => Promise<string> | string]>([
    ["the database's own", () => here.readToken],
    ["of a user of its own (ACL RESTTOKEN)", scoped],
  ])("%s is enough for all that is read, and for nothing else", async (_name, token) => {
    const lease = (await take(T))!;
    await store.commit(lease, everything());
    await store.putRollups([rollup()]);
    await store.putRecord(memo());
    const reader = reading(await token());
    expect(await dump(reader)).toEqual(await dump(store));
    expect(await reader.getIncident("i1")).toEqual(incident("i1"));
    const before = await dump(store);
    await expect(reader.checkWritable()).rejects.toThrow("NOPERM");
    await expect(reader.commit(lease, everything("y"))).rejects.toThrow("NOPERM");
    await expect(reader.disableWebhook("hook", T)).rejects.toThrow("NOPERM");
    await expect(reader.takeLease({ tick: T + MINUTE, owner: "r", nowMs: T + MINUTE, ttlMs: TTL })).rejects
      .toThrow("NOPERM");
    expect(await dump(store)).toEqual(before);
  });

  test("a wrong one is an error that does not hold it", async () => {
    await expect(reading("wrong-token").latest()).rejects.toThrow(
      /^Upstash refused: WRONGPASS invalid password$/,
    );
  });
});
