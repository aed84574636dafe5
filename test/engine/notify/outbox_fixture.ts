/** A sending Assay: a memory store with notices in its outbox, a scripted network, a vault and a log that is kept. */
import { deliver, deliverer, type DeliverOptions } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import type { Fetch, Ports } from "../../../src/base/ports.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import type { Delivery } from "../../../src/storage/store.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Route, scriptedFetch } from "../../world/network.ts";
import { config } from "./incident_fixture.ts";

/** What the environment holds. */
export const SECRETS: Record<string, string> = {
  URL: "https://hooks.example/T0/B0/path-token?key=query-token",
  SECRET: `whsec_${btoa("0123456789abcdef01234567")}`,
  OLD: `whsec_${btoa("another old secret of 32 bytes!!")}`,
  SHORT: "whsec_c2hvcnQ=",
  NO_URL: "hooks.example/no-scheme-token",
};
const PATH = "POST /T0/B0/path-token?key=query-token";

export interface Item {
  id: string;
  incident?: string;
  webhook?: string;
}

interface Hook {
  id: string;
  url: string;
  secret: string[];
}

/** How a post office differs: its one webhook, or `others` beside it; `fetch` stands before the receiver. */
interface Changes {
  webhook?: Partial<Hook>;
  others?: Pick<Hook, "id" | "url">[];
  random?: number;
  fetch?: (beneath: Fetch) => Fetch;
}

/** A post office whose outbox holds these notices, before a receiver that plays `route`. */
export async function outboxFixture(
  outbox: Item[],
  route: Route,
  { webhook = {}, others = [], random = 0.5, fetch = (beneath) => beneath }: Changes = {},
) {
  const clock = steppingClock();
  const store = memoryStore();
  const lease = await store.takeLease({ tick: 0, owner: "test", nowMs: clock.now(), ttlMs: 50_000 });
  /** Writes further notices. */
  const put = async (items: Item[]) => {
    const notices = items.map(({ id, incident = "inc", webhook = "oncall" }) => ({
      id,
      incident,
      webhook,
      type: "incident.opened",
      body: JSON.stringify({ id }),
      createdAt: clock.now(),
    }));
    await store.commit(lease!, { shards: [], samples: [], incidents: [], notices });
  };
  await put(outbox);
  const network = scriptedFetch({ [PATH]: route });
  const logged: unknown[] = [];
  const keep = (...line: unknown[]) => void logged.push(line);
  const ports: Ports = {
    clock,
    fetch: fetch(network),
    random: () => random,
    log: { info: keep, warn: keep, error: keep },
    secrets: {
      reveal: (text) =>
        text.replace(/\$\{env:(\w+)\}/g, (_, name) => {
          if (!(name in SECRETS)) throw new Error(`${name} is not set`);
          return SECRETS[name]!;
        }),
      redact: (text) => Object.values(SECRETS).reduce((rest, secret) => rest.replaceAll(secret, "***"), text),
    },
  };
  const hook: Hook = { id: "oncall", url: "${env:URL}", secret: ["${env:SECRET}"], ...webhook };
  const more = others.map((other) => ({ ...hook, ...other }));
  const webhooks = [hook, ...more].map(({ id, ...settings }) => ({
    id,
    kind: "webhook",
    settings,
    events: ["*"],
  }));
  const { config: whole } = config({}, { webhooks });
  return {
    put,
    deliverer: (options?: Partial<DeliverOptions>) =>
      deliverer(ports, store, whole, { sinks: SINKS, ...options }),
    clock,
    store,
    logged,
    sent: network.requests,
    ports,
    deliver: (options?: Partial<DeliverOptions>) =>
      deliver(ports, store, whole, { sinks: SINKS, ...options }),
    async deliveries(): Promise<Record<string, Delivery>> {
      const { items } = await store.listDeliveries({ limit: 100 });
      return Object.fromEntries(items.map((row) => [row.id, row]));
    },
  };
}
