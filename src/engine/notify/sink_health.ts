/**
 * Health of each sink: a circuit breaker that never blocks notices. While open it retries the oldest one
 * early.
 *
 *     closed -- three failures in a row --> open (retry the oldest notice once a minute) -- delivered --> closed
 */
import type { Config, Webhook } from "../../config/config.ts";
import type { Ports, Secrets } from "../../base/ports.ts";
import { iso, MINUTE_MS } from "../../base/time.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";
import { listSinkStates, putSinkState, type SinkState } from "../../storage/records/sink_states.ts";
import type { OutboxStore, RecordStore } from "../../storage/store.ts";
import { Pace } from "./pace.ts";
import { findSink, type Sink, type SinkAnswer } from "./sink.ts";

/** Consecutive failures that open the breaker. */
const OPENS = 3;
/** How often the oldest notice is retried while the breaker is open. */
const PROBE_MS = MINUTE_MS;
/** A sink that has failed for so long is a problem of Assay's delivery. */
const FAILS_MS = 5 * MINUTE_MS;

/** The most pending notices that are searched for one of a failing sink. */
const MAX_SEARCHED = 1_000;

/** State of one sink in this process. */
interface Entry {
  pace: Pace;
  state: SinkState;
  failures: number;
  /** When its oldest notice was last brought forward, monotonic ms. */
  probedAt: number;
}

/** What `SinkHealth` reads and writes. */
export interface SinkHealthContext {
  ports: Ports;
  store: OutboxStore & RecordStore;
  config: Config;
  sinks: readonly Sink[];
  /** Notices due within this time are not brought forward: an attempt may hold them. */
  leaseMs: number;
}

/** Health of all sinks of a config. */
export class SinkHealth {
  readonly #context: SinkHealthContext;
  #entries: Promise<Map<string, Entry>> | undefined;

  constructor(context: SinkHealthContext) {
    this.#context = context;
  }

  /**
   * Run before claiming. The first call loads the states and retries sinks whose settings have changed. Every
   * call brings forward the oldest notice of each open breaker, at most once a minute.
   */
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

  /** The rate limiter of a webhook's receiver; undefined if the config has no such webhook. */
  async paceOf(webhook: string): Promise<Pace | undefined> {
    return (await this.#load()).get(webhook)?.pace;
  }

  /** Whether the webhook's latest attempts failed, so that notices may have queued up. */
  async isTroubled(webhook: string): Promise<boolean> {
    const entry = (await this.#load()).get(webhook);
    return entry !== undefined && (entry.failures > 0 || entry.state.failingSince !== undefined);
  }

  /**
   * What is wrong with delivery: sinks that have failed for five minutes while a notice waits. Where none
   * waits, nothing shows that they work again.
   */
  async sighting(): Promise<Pick<OwnSighting, "cause" | "isIdle">> {
    const nowMs = this.#context.ports.clock.now();
    const failing = [...await this.#load()]
      .flatMap(([webhook, { state: { failingSince = Infinity } }]) => ({ webhook, failingSince }))
      .filter(({ failingSince }) => nowMs - failingSince >= FAILS_MS);
    if (failing.length === 0) return {};
    const { items } = await this.#context.store.listDeliveries({ state: "pending", limit: MAX_SEARCHED });
    // A notice about delivery itself would keep its own cause.
    const waiting = items.filter(({ createdAt, body }) =>
      createdAt <= nowMs && JSON.parse(body).data.incident.kind !== "delivery"
    );
    const causes = failing.filter(({ webhook }) => waiting.some((notice) => notice.webhook === webhook))
      .map(({ webhook, failingSince }) =>
        `webhook ${webhook} has accepted nothing since ${iso(failingSince)}`
      );
    return causes.length > 0 ? { cause: causes.join("; ") } : { isIdle: true };
  }

  /** Records the answer of an attempt. */
  async note(webhook: string, answer: SinkAnswer): Promise<void> {
    const { clock, log } = this.#context.ports;
    const entry = (await this.#load()).get(webhook);
    if (!entry) return;
    const { failingSince, mark } = entry.state;
    if (answer.kind === "delivered") {
      entry.failures = 0;
      if (failingSince === undefined) return;
      log.info("sink recovered", { webhook, failedForMs: clock.now() - failingSince });
      return await this.#put(webhook, entry, { mark });
    }
    if (answer.retryAfterMs) entry.pace.quiet(clock.elapsed(), Math.min(answer.retryAfterMs, MAX_QUIET_MS));
    // A receiver that refuses one notice is reachable and may accept the next.
    if (answer.kind === "rejected" || answer.kind === "gone") return;
    entry.failures++;
    if (failingSince !== undefined || entry.failures < OPENS) return;
    entry.probedAt = clock.elapsed();
    log.warn("sink failing: retrying its oldest notice once a minute", { webhook, error: answer.detail });
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
      const before = known.get(webhook.id);
      const state = await this.#reconcile(webhook, before);
      const pace = new Pace(findSink(sinks, webhook.kind).rate);
      // Where settings changed, the first failure opens the breaker: by now the next attempts may be hours apart.
      const failures = before && before !== state ? OPENS - 1 : 0;
      return [webhook.id, { pace, state, failures, probedAt: -Infinity }];
    });
    return new Map(await Promise.all(entries));
  }

  /** Retries all pending notices of a webhook, and enables it, if its settings have changed. */
  async #reconcile(webhook: Webhook, known: SinkState | undefined): Promise<SinkState> {
    const { ports, store } = this.#context;
    const mark = markOf(webhook, ports);
    if (known?.mark === mark) return known;
    const nowMs = ports.clock.now();
    if (known) {
      const woken = await store.wakeDeliveries({ webhook: webhook.id, nowMs, after: nowMs });
      await store.disableWebhook(webhook.id, null);
      ports.log.info("sink settings changed: retrying its pending notices now", {
        webhook: webhook.id,
        notices: woken,
      });
    }
    await putSinkState(store, webhook.id, { state: { mark }, nowMs });
    return { mark };
  }
}

const MAX_QUIET_MS = 60 * MINUTE_MS;

/**
 * Fingerprint (FNV-1a, 32 bits) of settings with their secrets: detects changes, too short to recover a
 * secret.
 */
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
    // A variable is not set.
    return text;
  }
}
