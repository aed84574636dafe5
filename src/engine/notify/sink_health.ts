/**
 * How each sink does: a breaker that never keeps a notice back, but tries for those that wait.
 *
 *     closed -- three failures in a row --> open -- its oldest notice once a minute --> it answers --> closed, all that waits goes
 */
import type { Config, Webhook } from "../../config/config.ts";
import type { Ports, Secrets } from "../../base/ports.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { listSinkStates, putSinkState, type SinkState } from "../../storage/records/sink_states.ts";
import type { OutboxStore, RecordStore } from "../../storage/store.ts";
import { Pace } from "./pace.ts";
import { findSink, type Sink, type SinkAnswer } from "./sink.ts";

/** So many failures in a row open the breaker. */
const OPENS = 3;
/** While it is open the oldest notice is tried this often. */
const PROBE_MS = MINUTE_MS;

/** What is known of one sink in this process. */
interface Entry {
  pace: Pace;
  state: SinkState;
  failures: number;
  /** When its oldest notice was last brought forward, steady ms. */
  probedAt: number;
}

/** What the health of sinks is kept with. */
export interface SinkHealthContext {
  ports: Ports;
  store: OutboxStore & RecordStore;
  config: Config;
  sinks: readonly Sink[];
  /** What is due sooner may be under way. */
  leaseMs: number;
}

/** How the sinks of a config do. */
export class SinkHealth {
  readonly #context: SinkHealthContext;
  #entries: Promise<Map<string, Entry>> | undefined;

  constructor(context: SinkHealthContext) {
    this.#context = context;
  }

  /** Before notices are claimed: wakes what a change of settings, or a minute of failures, makes due. */
  async prepare(): Promise<void> {
    const { ports: { clock }, store, leaseMs } = this.#context;
    const nowMs = clock.now();
    for (const [webhook, entry] of await this.#load()) {
      const isDue = clock.elapsed() - entry.probedAt >= PROBE_MS && entry.pace.waitMs(clock.elapsed()) === 0;
      if (entry.state.failingSince === undefined || !isDue) continue;
      entry.probedAt = clock.elapsed();
      await store.wakeDeliveries({ webhook, nowMs, after: nowMs + leaseMs, limit: 1 });
    }
  }

  /** The pace of a webhook's receiver; undefined: the config has no such webhook. */
  async paceOf(webhook: string): Promise<Pace | undefined> {
    return (await this.#load()).get(webhook)?.pace;
  }

  /** Whether notices of a webhook may be waiting behind others that its receiver did not take. */
  async isTroubled(webhook: string): Promise<boolean> {
    const entry = (await this.#load()).get(webhook);
    return entry !== undefined && (entry.failures > 0 || entry.state.failingSince !== undefined);
  }

  /** Notes what came of an attempt. */
  async note(webhook: string, answer: SinkAnswer): Promise<void> {
    const { clock, log } = this.#context.ports;
    const entry = (await this.#load()).get(webhook);
    if (!entry) return;
    const { failingSince, mark } = entry.state;
    if (answer.kind === "delivered") {
      entry.failures = 0;
      if (failingSince === undefined) return;
      log.info("a sink answers again", { webhook, failedForMs: clock.now() - failingSince });
      return await this.#put(webhook, entry, { mark });
    }
    if (answer.retryAfterMs) entry.pace.quiet(clock.elapsed(), Math.min(answer.retryAfterMs, MAX_QUIET_MS));
    // One that will not have a notice is there, and may take the next.
    if (answer.kind === "rejected" || answer.kind === "gone") return;
    entry.failures++;
    if (failingSince !== undefined || entry.failures < OPENS) return;
    entry.probedAt = clock.elapsed();
    log.warn("a sink fails: its oldest notice is tried once a minute", { webhook, error: answer.detail });
    await this.#put(webhook, entry, { mark, failingSince: clock.now(), lastError: answer.detail });
  }

  async #put(webhook: string, entry: Entry, state: SinkState): Promise<void> {
    entry.state = state;
    await putSinkState(this.#context.store, webhook, { state, nowMs: this.#context.ports.clock.now() });
  }

  #load(): Promise<Map<string, Entry>> {
    return this.#entries ??= this.#read().catch((error) => {
      this.#entries = undefined;
      throw error;
    });
  }

  async #read(): Promise<Map<string, Entry>> {
    const { store, config, sinks } = this.#context;
    const known = await listSinkStates(store);
    const entries = config.webhooks.map(async (webhook): Promise<[string, Entry]> => {
      const state = await this.#reconcile(webhook, known.get(webhook.id));
      const pace = new Pace(findSink(sinks, webhook.kind).rate);
      return [webhook.id, { pace, state, failures: 0, probedAt: -Infinity }];
    });
    return new Map(await Promise.all(entries));
  }

  /** Other settings than before are another chance for all that waits. */
  async #reconcile(webhook: Webhook, known: SinkState | undefined): Promise<SinkState> {
    const { ports, store } = this.#context;
    const mark = markOf(webhook, ports);
    if (known?.mark === mark) return known;
    const nowMs = ports.clock.now();
    if (known) {
      const woken = await store.wakeDeliveries({ webhook: webhook.id, nowMs, after: nowMs });
      await store.disableWebhook(webhook.id, null);
      ports.log.info("a sink has other settings: what waits goes now", {
        webhook: webhook.id,
        notices: woken,
      });
    }
    await putSinkState(store, webhook.id, { state: { mark }, nowMs });
    return { mark };
  }
}

const MAX_QUIET_MS = 60 * MINUTE_MS;

/** 32 bits (FNV-1a): they tell settings and secrets from others, and too little to try one out. */
function markOf({ kind, settings }: Webhook, { secrets }: Ports): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(revealed(JSON.stringify([kind, settings]), secrets))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}

function revealed(text: string, { reveal }: Secrets): string {
  try {
    return reveal(text);
  } catch {
    // A variable that is not set.
    return text;
  }
}
