/** One process of Assay in virtual time: the real settler and deliverer, and all that it asks of the world, which it may die of. */
import type { Config } from "../../src/config/config.ts";
import type { Clock, Fetch, Log, Ports, Secrets } from "../../src/base/ports.ts";
import { MINUTE_MS } from "../../src/base/time.ts";
import { deliverer } from "../../src/engine/notify/mod.ts";
import { grouping } from "../../src/engine/notify/grouping.ts";
import { applyQuietHours } from "../../src/engine/notify/quiet.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import type { Prober } from "../../src/judgement/round.ts";
import type { Store } from "../../src/storage/store.ts";
import type { SigningGate } from "./signing.ts";
import { override } from "./stores.ts";

/** What a process is made of; `fetch` reaches the receivers. */
export interface ProcessOptions {
  config: Config;
  clock: Clock;
  store: Store;
  fetch: Fetch;
  probers: readonly Prober[];
  owner: string;
  log: Log;
  secrets: Secrets;
  random: () => number;
  signing: SigningGate;
}

/** A process that lives until it is killed. */
export interface Process {
  tick(minuteMs: number): void;
  /** Sends what is due. */
  deliver(): void;
  /** Nothing that it does from now on has an effect, and nothing comes back to it. */
  kill(): void;
  /** It dies at its so-many-th call from now on, before or after the call's effect. */
  dieAt(call: number, isAfter: boolean): void;
  isAlive(): boolean;
}

const never = new Promise<never>(() => {});

/** Starts a process. */
export function startProcess(options: ProcessOptions): Process {
  const { config, log, secrets, random, owner, signing } = options;
  let alive = true;
  let left = Infinity;
  let diesAfter = false;

  const die = () => {
    alive = false;
    signing.leave(owner);
  };

  /** A call to the outside: the only places at which a death can be seen from there. */
  const guard = async <T>(effect: () => Promise<T>): Promise<T> => {
    if (!alive) return await never;
    const isLast = left-- <= 0;
    if (isLast && !diesAfter) die();
    if (!alive) return await never;
    const done = await effect().then((value) => ({ value }), (error) => ({ error }));
    if (isLast) die();
    if (!alive) return await never;
    if ("error" in done) throw done.error;
    return done.value;
  };
  const guardAll = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const method = target[name as keyof T];
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => guard(() => method.apply(target, args));
      },
    });

  const clock: Clock = {
    now: options.clock.now,
    elapsed: options.clock.elapsed,
    after: (ms, fire) => options.clock.after(ms, () => alive && fire()),
  };
  const ports: Ports = {
    clock,
    log,
    secrets,
    random,
    fetch: (url, outgoing) => {
      signing.end(outgoing.headers["webhook-id"]!);
      return guard(() => options.fetch(url, outgoing));
    },
  };
  const guarded = guardAll(options.store);
  const store = override(guarded, {
    claimDeliveries: (query) => signing.claim(owner, () => guarded.claimDeliveries(query)),
    recordAttempt: (id, ...rest) => {
      for (const one of [id].flat()) signing.end(one);
      return guarded.recordAttempt(id, ...rest);
    },
  });
  const probers = options.probers.map(({ id, ask }): Prober => ({
    id,
    ask: (request, onAnswer) =>
      guard(() => ask(request, onAnswer && ((...answer) => void (alive && onAnswer(...answer))))),
  }));
  const failed = (error: unknown) => log.error("a delivery failed", { error: String(error) });
  const send = deliverer(ports, store, config, { sinks: SINKS, applyQuietHours, grouping });
  const deliver = () => void send().catch(failed);
  const { tick } = settler({
    ports,
    store,
    config,
    probers,
    owner,
    onCommit: (notices) => void (notices > 0 && deliver()),
  });
  return {
    tick: (minuteMs) => {
      tick(minuteMs).catch((error) => log.error("a tick failed", { error: String(error) }));
    },
    deliver,
    kill: die,
    dieAt: (call, isAfter) => {
      left = call;
      diesAfter = isAfter;
    },
    isAlive: () => alive,
  };
}

/** The minute that this instant is in, epoch ms. */
export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;
