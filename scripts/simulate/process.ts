/**
 * One process of Assay in virtual time: the real settler and deliverer. It can die at any call to its store,
 * probers or receivers.
 */
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
import { type Killable, killable } from "./killable.ts";
import type { SigningGate } from "./signing.ts";
import { override } from "./stores.ts";

/** The parts of a process; `fetch` reaches the receivers. */
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

/** A running process. */
export interface Process extends Pick<Killable, "kill" | "dieAt"> {
  tick(minuteMs: number): void;
  /** Sends the notices that are due. */
  deliver(): void;
}

/** Starts a process. */
export function startProcess(options: ProcessOptions): Process {
  const { config, log, secrets, random, owner, signing } = options;
  const { isAlive, guard, guardAll, kill, dieAt } = killable(() => signing.leave(owner));
  const clock: Clock = {
    now: options.clock.now,
    elapsed: options.clock.elapsed,
    after: (ms, fire) => options.clock.after(ms, () => isAlive() && fire()),
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
      guard(() => ask(request, onAnswer && ((...answer) => void (isAlive() && onAnswer(...answer))))),
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
    kill,
    dieAt,
  };
}

/** The start of the minute that contains an instant, epoch ms. */
export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;
