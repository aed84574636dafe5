/** An Assay that looks into its outbox every 5 s, through restarts and changes of its config, before one receiver on a virtual clock. */
import type { Config } from "../../../src/config/config.ts";
import type { Ports, Secrets } from "../../../src/base/ports.ts";
import type { Change, Kind } from "../../../src/judgement/incident.ts";
import { grouping } from "../../../src/engine/notify/grouping.ts";
import { type Deliverer, deliverer } from "../../../src/engine/notify/mod.ts";
import { sampleEvent } from "../../../src/engine/notify/sample.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import type { Delivery, Notice, Store } from "../../../src/storage/store.ts";
import { steppingClock } from "../../world/clock.ts";
import { type RouteReply, scriptedFetch, type SeenRequest } from "../../world/network.ts";
import { config, transition } from "./incident_fixture.ts";

const PASS_MS = 5_000;
/** In a longer step work would come too late for its timers. */
const STEP_MS = 1_000;

/** A request as the receiver saw it, and when (ms since the start). */
export interface Arrival extends SeenRequest {
  atMs: number;
}

/** What the receiver answers at `atMs`. */
export type Receiver = (arrival: Arrival) => RouteReply | Promise<RouteReply>;

interface World {
  kind?: string;
  settings?: Record<string, unknown>;
  receiver?: Receiver;
  /** With them incidents may be told together. */
  routes?: Config["routes"];
  /** So many processes share the store. */
  processes?: number;
  /** The store as the outbox has it. */
  storeOf?(store: Store): Store;
}

const SECRETS: Secrets = {
  reveal: (text) => text.replace(/\$\{env:\w+\}/g, "0123456789abcdef0123456789abcdef"),
  redact: (text) => text,
};

/** Nothing here is signed, for that takes other threads, and so time that no virtual clock knows. */
export const plainSettings = (url: string) => ({
  url,
  headers: { "webhook-id": "{{ id }}" },
  text: "{{ message.page }} {{ event.type }}",
});

/** Starts one. */
export async function postFixture(
  {
    kind = "template",
    settings = plainSettings("https://hooks.example/hook"),
    receiver = () => ({}),
    routes,
    processes = 1,
    storeOf = (store) => store,
  }: World = {},
) {
  const clock = steppingClock();
  const startMs = clock.now();
  const store: Store = memoryStore();
  const lease = await store.takeLease({ tick: 0, owner: "test", nowMs: startMs, ttlMs: 1e12 });
  const arrivals: Arrival[] = [];
  const logged: Record<string, unknown>[] = [];
  let answer = receiver;
  const log = (message: string, fields = {}) => void logged.push({ message, ...fields });
  const ports: Ports = {
    clock,
    fetch: (url, options) =>
      scriptedFetch({
        [`${options.method} ${url.href}`]: (seen) => {
          const arrival = { ...seen, atMs: clock.now() - startMs };
          arrivals.push(arrival);
          return answer(arrival);
        },
      })(url, options),
    random: () => 0.5,
    log: { info: log, warn: log, error: log },
    secrets: SECRETS,
  };
  let written = { kind, settings };
  const configured = () =>
    config({}, {
      publicUrl: undefined, // its links would be signed, too
      webhooks: [{ id: "hook", ...written, events: ["*"] }],
      routes,
    }).config;
  const begin = (): Deliverer =>
    deliverer(ports, storeOf(store), configured(), { sinks: SINKS, ...(routes && { grouping }) });
  const beginAll = () => Array.from({ length: processes }, begin);
  let delivering = beginAll();
  const failures: unknown[] = [];
  const running = new Set<Promise<unknown>>();
  const pass = () => {
    for (const deliver of delivering) {
      const call: Promise<unknown> = deliver().catch((error) => failures.push(error)).finally(() =>
        running.delete(call)
      );
      running.add(call);
    }
  };

  /** At this moment of the clock lets work go on until it comes to nothing more. */
  const settle = async () => {
    const progress = () => [arrivals.length, logged.length, running.size].join();
    for (let idle = 0, last = progress(); idle < 5; idle++) {
      await clock.advance(0);
      if (progress() !== last) idle = -1;
      last = progress();
    }
  };

  return {
    clock,
    store,
    arrivals,
    logged,
    failures,
    sighting: () => delivering[0]!.sighting(),
    elapsed: () => clock.now() - startMs,
    /** Tells of a change of an incident, now. */
    async put(
      changes: { incident: string; change: Change | "acknowledged"; episode?: number; kind?: Kind }[],
    ) {
      const notices = changes.map(({ incident, change, episode = 1, kind }): Notice => {
        const event = sampleEvent(change);
        Object.assign(event.data.target, { id: incident, name: `Shop ${incident}` });
        event.data.summary = event.data.summary.replace("Sample shop", `Shop ${incident}`);
        if (kind) event.data.incident.kind = kind;
        event.data.incident.id = incident;
        event.data.incident.episode = episode;
        event.data.links = { page: `https://assay.example/incidents/${incident}` };
        const id = `${incident}_${episode}_${change}`;
        const body = JSON.stringify(event);
        return {
          id,
          webhook: "hook",
          incident,
          episode,
          type: `incident.${change}`,
          body,
          createdAt: clock.now(),
        };
      });
      const incidents = changes.map(({ incident, change, episode = 1 }) =>
        transition(change === "acknowledged" ? "opened" : change, { id: incident, episode }).incident
      );
      await store.commit(lease!, { shards: [], samples: [], incidents, notices });
    },
    answerWith: (receiver: Receiver) => void (answer = receiver),
    /** Lets time go by, with a look into the outbox every 5 s. */
    async run(ms: number) {
      for (const until = clock.elapsed() + ms; clock.elapsed() < until;) {
        pass();
        await settle();
        const nextPass = Math.min(clock.elapsed() + PASS_MS, until);
        while (clock.elapsed() < nextPass) {
          await clock.advance(Math.min(STEP_MS, nextPass - clock.elapsed()));
          if (running.size > 0) await settle();
        }
      }
    },
    /** A new process with other settings, or the same. */
    restart(settings = written.settings) {
      written = { kind, settings };
      delivering = beginAll();
    },
    /** All notices by id, how far they got. */
    async deliveries(): Promise<Record<string, Delivery>> {
      const { items } = await store.listDeliveries({ limit: 10_000 });
      return Object.fromEntries(items.map((row) => [row.id, row]));
    },
  };
}
