/**
 * What changes, as it changes: one reader of the store for all who listen, however many they are, and none while nobody does.
 *
 *     states, every 2 s -> what is new since the last look -> every listener
 */
import type { Config } from "../../../config/config.ts";
import type { Incident } from "../../../judgement/incident.ts";
import type { States } from "../../../storage/codec.ts";
import { pause, type Ports } from "../../../base/ports.ts";
import type { Store } from "../../../storage/store.ts";
import type { StatesReader } from "../../../storage/states.ts";
import { coarseOf, type CoarseWord, incidentView, type Word, wordOf } from "./status.ts";
import { iso } from "../../../base/time.ts";
import { messageOf } from "../../../base/error_message.ts";

const LOOK_MS = 2_000;
/** Incidents that a listener who comes back is told of at most, the newest first opened. */
const CATCH_UP = 200;
/** A slot may be settled this much later than a newer one of another lane, ms. */
const LATE_MS = 120_000;

/** One thing that happened; `id` is the newest slot (epoch ms) that was settled by then. */
export type Happening =
  & { id: number }
  & (
    | { type: "settled"; data: { slot?: string } }
    | { type: "status"; target: string; data: { target: string; check: string; word: Word; since?: string } }
    | { type: "incident"; target: string; data: ReturnType<typeof incidentView> }
    | { type: "target"; data: { target: string; status: CoarseWord } }
  );

/** Hears each look's happenings, in order. */
export type Listener = (happenings: Happening[]) => void;

/** Where happenings come from. */
export interface Feed {
  /** How many listen now. */
  readonly listeners: number;
  /** Calls `listener` from now on; the returned function ends that. */
  listen(listener: Listener): () => void;
  /** What a listener that has heard all up to the slot `id` has missed; some of it perhaps again, none of it left out. */
  since(id: number): Promise<Happening[]>;
}

/** What a look found. */
interface Look {
  slot: number;
  words: Map<string, Word>;
  /** Slot (epoch ms) since which the outcome has been that. */
  since: Map<string, number>;
  coarse: Map<string, CoarseWord>;
  incidents: Map<string, Incident>;
}

/** A feed over one store. */
export function feed(ports: Ports, config: Config, store: Store, states: StatesReader): Feed {
  const listeners = new Set<Listener>();
  let running = false;
  /** The look that the next one is held against: whoever is told of this one misses nothing in between. */
  let latest: Promise<Look> | undefined;

  const look = async (): Promise<Look> => lookAt(config, await states(), ports.clock.now());

  const run = async () => {
    running = true;
    let last: Look | undefined;
    while (listeners.size > 0) {
      latest = look();
      try {
        const now = await latest;
        const news = last ? differences(config, last, now) : [];
        last = now;
        for (const listener of news.length > 0 ? listeners : []) listener(news);
      } catch (error) {
        ports.log.error("the feed cannot be read", { error: ports.secrets.redact(messageOf(error)) });
      }
      await pause(ports.clock, LOOK_MS);
    }
    latest = undefined;
    running = false;
  };

  return {
    get listeners() {
      return listeners.size;
    },
    listen(listener) {
      listeners.add(listener);
      if (!running) void run();
      return () => void listeners.delete(listener);
    },
    async since(id) {
      const now = await (latest ?? look());
      // From a clock that has stepped back since: nothing can be said of when that was.
      const from = id > now.slot ? 0 : id - LATE_MS;
      const { items } = await store.listIncidents({ limit: CATCH_UP });
      return [
        // All of them: evidence also grows old, and fresh again, without a new outcome.
        ...config.checks.map((check) => statusOf(check, now)),
        ...items.filter(({ updatedAt }) => updatedAt >= from).reverse().map((incident) =>
          incidentOf(incident, now)
        ),
        ...config.targets.map((target) => targetOf(target.id, now)),
        settledOf(now),
      ];
    },
  };
}

function lookAt(config: Config, states: States, nowMs: number): Look {
  const words = new Map(config.checks.map((check) => [check.key, wordOf(check, states[check.key], nowMs)]));
  return {
    slot: Math.max(0, ...Object.values(states).map(({ slot }) => slot)),
    words,
    since: new Map(Object.entries(states).map(([key, { since }]) => [key, since])),
    coarse: new Map(config.targets.map((target) => [target.id, coarseOf(target, states, nowMs)])),
    incidents: new Map(
      Object.values(states).flatMap(({ incidents }) => incidents).map((incident) => [incident.id, incident]),
    ),
  };
}

function differences(config: Config, before: Look, now: Look): Happening[] {
  const checks = config.checks.filter(({ key }) => before.words.get(key) !== now.words.get(key));
  const targets = config.targets.filter(({ id }) => before.coarse.get(id) !== now.coarse.get(id));
  const incidents = [...now.incidents.values()].filter((incident) => {
    const known = before.incidents.get(incident.id);
    return !known || known.updatedAt !== incident.updatedAt || known.state !== incident.state;
  });
  return [
    ...checks.map((check) => statusOf(check, now)),
    ...incidents.map((incident) => incidentOf(incident, now)),
    ...targets.map(({ id }) => targetOf(id, now)),
    ...(before.slot === now.slot ? [] : [settledOf(now)]),
  ];
}

const statusOf = (check: Config["checks"][number], now: Look): Happening => ({
  id: now.slot,
  type: "status",
  target: check.target.id,
  data: {
    target: check.target.id,
    check: check.id,
    word: now.words.get(check.key)!,
    since: iso(now.since.get(check.key)),
  },
});

const incidentOf = (incident: Incident, { slot }: Look): Happening => ({
  id: slot,
  type: "incident",
  target: incident.target,
  data: incidentView(incident),
});

const targetOf = (target: string, { slot, coarse }: Look): Happening => ({
  id: slot,
  type: "target",
  data: { target, status: coarse.get(target)! },
});

const settledOf = ({ slot }: Look): Happening => ({
  id: slot,
  type: "settled",
  data: { slot: iso(slot || undefined) },
});
