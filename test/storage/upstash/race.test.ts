/** Ten schedulers on one Redis: they are killed, paused for longer than their lease, and their requests lost and doubled. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clock as real } from "../../../functions/clock.ts";
import type { Config } from "../../../src/config/config.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { decodeHistory } from "../../../src/storage/codec.ts";
import { answerOf } from "../../../src/base/http/answer.ts";
import type { Ports } from "../../../src/base/ports.ts";
import { settler } from "../../../src/engine/settler/settler.ts";
import type { Store } from "../../../src/storage/store.ts";
import { roundOf } from "../../world/scripted_probers.ts";
import { threeRegions } from "../../world/settler_fixture.ts";
import { START, testEnv } from "../../world/test_env.ts";
import { type Fault, MISSING, type Redis, redis, titleOf } from "./redis_fixture.ts";
import type { Prober } from "../../../src/judgement/round.ts";

const MINUTE = 60_000;
const SLOTS = 1_000;
const SCHEDULERS = 10;
/** How long a lease lasts here: twenty of them are over before a slot is half a period late, after which nobody walks it. */
const LEASE_MS = 1_000;
/** Longer than that. */
const PATIENCE = 1_100;
const PREFIX = "race";

/** The shop lies for five minutes of every fifty: an incident opens in the second of them, and closes in the second after. */
const EVERY = 50;
const lies = (slot: number) => {
  const minute = ((slot - START) / MINUTE) % EVERY;
  return minute >= 20 && minute < 25;
};
const EXPECTED = Array.from({ length: SLOTS / EVERY }, (_, n) => [n * EVERY + 21, n * EVERY + 26]);

/** Chance that can be had again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NEVER = new Promise<void>(() => {});

/** The store of one life. A doomed one dies at a call to come; a dead one never answers again. */
class Life {
  calls = Infinity;
  isDead = false;
  isAsleep = false;
  readonly #stopped = Promise.withResolvers<void>();
  readonly stopped = this.#stopped.promise;
  #pause: { until: Promise<void>; begin: () => void } | undefined;
  /** Resolves once a pause has begun. */
  slept = NEVER;

  constructor(readonly store: Store) {}

  /** Holds the next commit back until `until`. */
  pause(until: Promise<void>) {
    const { promise, resolve: begin } = Promise.withResolvers<void>();
    this.slept = promise;
    this.#pause = { until, begin };
  }

  get face(): Store {
    return new Proxy(this.store, {
      get: (target, name: keyof Store & string) => async (...args: unknown[]) => {
        await this.#living(name);
        const result = await (target[name] as (...args: unknown[]) => Promise<unknown>).apply(target, args);
        await this.#living();
        return result;
      },
    });
  }

  async #living(name?: string) {
    if (name === "commit" && this.#pause) {
      const { until, begin } = this.#pause;
      this.#pause = undefined;
      this.isAsleep = true;
      begin();
      await until;
      this.isAsleep = false;
      this.slept = NEVER;
    }
    if (this.isDead || --this.calls < 0) {
      this.isDead = true;
      this.#stopped.resolve();
      await NEVER;
    }
  }
}

/** What becomes of requests but those with the `spared` token, by chance; and which commits were told that they had won. */
function hostile(chance: () => number, spared: string) {
  const counts = { lost: 0, refused: 0, doubled: 0 };
  const won = new Map<number, Set<string>>();
  const late: (() => Promise<Response>)[] = [];
  const isBad = (below: number) => chance() < below;
  const fault: Fault = async ({ command, headers }, pass) => {
    if (headers.get("authorization") === `Bearer ${spared}`) return await pass();
    if (isBad(0.02)) {
      counts.refused++;
      return Response.json({ error: "ERR too many requests" }, { status: isBad(0.5) ? 429 : 500 });
    }
    if (late.length > 3) await late.shift()!();
    if (isBad(0.03)) {
      counts.doubled++;
      late.push(pass);
    }
    const response = await pass();
    const answer = await response.clone().json();
    if (command[2] === "9" && answer.result?.[0] === 1) note(command);
    if (!isBad(0.03)) return response;
    counts.lost++;
    return new Response("<html>502</html>", { status: 502 });
  };
  const note = (command: string[]) => {
    const slot = Number(JSON.parse(command[15]!).hours[0][1].split("/")[0]);
    won.set(slot, (won.get(slot) ?? new Set()).add(command[14]!));
  };
  return { fault, counts, won };
}

describe.skipIf(MISSING)(titleOf("race"), () => {
  let here: Redis;
  beforeAll(async () => void (here = await redis()));
  afterAll(() => here.close());

  test(
    `${SCHEDULERS} schedulers, ${SLOTS} slots: each is settled once, each incident opened and resolved once`,
    async () => {
      const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
      console.log(`race: SEED=${seed}`);
      const chance = seeded(seed);
      const { config, ports } = await testEnv(threeRegions(), {
        env: { HOOK_SECRET: `whsec_${btoa("a secret of twenty-four bytes")}` },
      });
      const weather = hostile(chance, here.readToken);
      here.fault = weather.fault;

      let nowMs = START;
      // Pauses between tries are cut short; deadlines are not.
      const clock = {
        ...real,
        now: () => nowMs,
        after: (ms: number, fire: () => void) => real.after(ms < 1_000 ? ms / 50 : ms, fire),
      };
      const posts: { id: string; incident: string; type: string }[] = [];
      const fetch: Ports["fetch"] = (_url, { body, headers }) => {
        const { type, data } = JSON.parse(body as string);
        posts.push({ id: headers["webhook-id"]!, incident: data.incident.id, type });
        if (chance() < 0.2) return Promise.reject(new Error("connection reset"));
        return Promise.resolve(answerOf(new Response(null, { status: 204 })));
      };
      const own: Ports = { ...ports, clock, fetch, random: chance };
      const open = () => here.store({ clock, random: chance, prefix: PREFIX });
      const born = () => scheduler(own, config, new Life(withShortLeases(open())));
      const schedulers = Array.from({ length: SCHEDULERS }, born);
      const calm = here.store({ prefix: PREFIX, token: here.readToken });
      let [kills, pauses] = [0, 0];

      const asleep: { until: number; wake: () => void }[] = [];
      /** One go of everybody who is awake at one slot. */
      const go = async (slot: number) => {
        await Promise.all(schedulers.map(async ({ life, tick, send }) => {
          if (life.isAsleep) return;
          if (chance() < 0.01) life.calls = Math.floor(chance() * 8);
          if (chance() < 0.02) {
            const freed = Promise.withResolvers<void>();
            life.pause(freed.promise);
            void life.slept.then(() => pauses++);
            asleep.push({ until: nowMs + (1 + chance() * 3) * MINUTE, wake: freed.resolve });
          }
          await Promise.race([tick(slot).then(send), life.stopped, life.slept]);
        }));
        for (const [i, { life }] of schedulers.entries()) {
          if (!life.isDead) continue;
          kills++;
          schedulers[i] = born();
        }
      };
      for (let n = 0; n < SLOTS; n++) {
        const slot = START + n * MINUTE;
        nowMs = Math.max(nowMs, slot);
        for (const one of asleep.filter(({ until }) => until <= nowMs)) one.wake();
        for (
          let tries = 0;
          (await calm.readSamples({ shard: 0, from: slot, to: slot })).length === 0;
          tries++
        ) {
          if (tries > 20) throw new Error(`nobody settles slot ${n}`);
          if (tries > 0) nowMs += PATIENCE;
          await go(slot);
        }
      }
      here.fault = undefined;
      asleep.forEach(({ wake }) => wake());
      const last = born();
      for (
        let tries = 0;
        (await calm.listDeliveries({ state: "pending", limit: 1 })).items.length > 0;
        tries++
      ) {
        if (tries > 100) throw new Error("there are notices that cannot be delivered");
        nowMs += 10 * MINUTE;
        await last.send();
      }

      const samples = await calm.readSamples({ shard: 0, from: 0, to: 2 * START });
      expect(samples.map(({ slot }) => (slot - START) / MINUTE)).toEqual(
        Array.from({ length: SLOTS }, (_, n) => n),
      );
      for (const { slot, data } of samples) {
        expect(decodeHistory(data, 0)["shop/read"]!.traces.map(({ word }) => word))
          .toEqual(Array(3).fill(lies(slot) ? "drift" : "ready"));
      }
      expect([...weather.won.values()].filter((ids) => ids.size !== 1)).toEqual([]);
      const incidents = (await calm.listIncidents({ limit: 1_000 })).items.toReversed();
      expect(
        incidents.map(({ timeline }) => timeline.map(({ change, at }) => [change, (at - START) / MINUTE])),
      )
        .toEqual(EXPECTED.map(([opened, resolved]) => [["opened", opened], ["resolved", resolved]]));
      const sent = (await calm.listDeliveries({ limit: 1_000 })).items;
      expect(sent.map(({ state }) => state)).toEqual(Array(2 * EXPECTED.length).fill("delivered"));
      const told = (rows: { incident: string; type: string; id: string }[]) =>
        [...new Set(rows.map(({ incident, type, id }) => `${incident} ${type} ${id}`))].sort();
      expect(told(posts)).toEqual(told(sent));
      for (const { id } of incidents) {
        const types = posts.filter(({ incident }) => incident === id).map(({ type }) => type);
        expect(types.lastIndexOf("incident.opened")).toBeLessThan(types.indexOf("incident.resolved"));
      }
      const { requests, commands } = await here.gateway.stats();
      const figures = { kills, pauses, ...weather.counts, posts: posts.length, requests, commands };
      console.log(`race: ${JSON.stringify(figures)}`);
      expect(Math.min(kills, pauses, ...Object.values(weather.counts))).toBeGreaterThan(10);
    },
    300_000,
  );
});

const withShortLeases = (store: Store): Store => {
  const takeLease: Store["takeLease"] = (ask) => store.takeLease({ ...ask, ttlMs: LEASE_MS });
  return new Proxy(store, {
    get: (target, name: keyof Store) => name === "takeLease" ? takeLease : target[name].bind(target),
  });
};

/** A settler and deliverer of one life. */
function scheduler(ports: Ports, config: Config, life: Life) {
  const store = life.face;
  const probers = config.regions.flatMap((region) => region.probers).map(({ id }): Prober => ({
    id,
    ask: ({ slot, checks }) =>
      Promise.resolve({
        prober: id,
        slot,
        suspect: false,
        misplaced: false,
        answers: checks.map(({ key: check, digest }) => ({
          check,
          digest,
          round: roundOf(lies(slot) ? "drift" : "ready", slot),
        })),
      }),
  }));
  const { tick } = settler({ ports, store, config, probers, owner: crypto.randomUUID() });
  return {
    life,
    tick: (slot: number) => tick(slot).catch(() => false),
    send: () => deliver(ports, store, config, { sinks: SINKS }).catch(() => 0),
  };
}
