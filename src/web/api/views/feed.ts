/**
 * The change feed. One poller serves every subscriber and stops when there are none.
 *
 *     states, every 2 s -> what is new since the last look -> every listener
 */
import type { Config } from "../../../config/config.ts";
import type { Incident } from "../../../judgement/incident.ts";
import type { States } from "../../../storage/codec.ts";
import { pause, type Ports } from "../../../base/ports.ts";
import type { IncidentStore } from "../../../storage/store.ts";
import type { OwnIncidentsReader, StatesReader } from "../../../storage/states.ts";
import { type CurrentOutcome, outcomeOf } from "../../../judgement/current_outcome.ts";
import { incidentView, type TargetStatus, targetStatus } from "./status.ts";
import { iso } from "../../../base/time.ts";
import { messageOf } from "../../../base/error_message.ts";

const POLL_MS = 2_000;
/** At most so many incidents are sent to a subscriber that resumes, the newest first. */
const CATCH_UP = 200;
/** A slot may be settled this much later than a newer one of another lane, ms. */
const LATE_MS = 120_000;

/** One thing that happened; `id` is the newest slot (epoch ms) that was settled by then. */
export type FeedEvent =
  & { id: number }
  & (
    | { type: "settled"; data: { slot?: string } }
    | {
      type: "status";
      target: string;
      data: { target: string; check: string; outcome: CurrentOutcome; since?: string };
    }
    | { type: "incident"; target: string; data: ReturnType<typeof incidentView> }
    | { type: "target"; data: { target: string; status: TargetStatus } }
  );

/** Called with the events of each poll, in order. */
export type Listener = (events: FeedEvent[]) => void;

/** Where happenings come from. */
export interface Feed {
  /** How many listen now. */
  readonly listeners: number;
  /** Calls `listener` from now on; the returned function ends that. */
  subscribe(listener: Listener): () => void;
  /** What a listener that has heard all up to the slot `id` has missed; some of it perhaps again, none of it left out. */
  since(id: number): Promise<FeedEvent[]>;
}

/** What a look found. */
interface Snapshot {
  slot: number;
  outcomes: Map<string, CurrentOutcome>;
  /** Slot (epoch ms) since which the outcome has been that. */
  since: Map<string, number>;
  coarse: Map<string, TargetStatus>;
  incidents: Map<string, Incident>;
  states: States;
  nowMs: number;
}

/** A feed over one store. */
export function feed(
  ports: Ports,
  config: Config,
  { store, states, ownIncidents }: {
    store: IncidentStore;
    states: StatesReader;
    ownIncidents: OwnIncidentsReader;
  },
): Feed {
  const listeners = new Set<Listener>();
  let running = false;
  /** The poll that the next one is compared with: a subscriber that starts from it misses nothing in between. */
  let latest: Promise<Snapshot> | undefined;

  const takeSnapshot = async (): Promise<Snapshot> => {
    const [known, own] = await Promise.all([states(), ownIncidents()]);
    return snapshotOf(config, { states: known, own }, ports.clock.now());
  };

  const run = async () => {
    running = true;
    let last: Snapshot | undefined;
    while (listeners.size > 0) {
      latest = takeSnapshot();
      try {
        const now = await latest;
        const events = last ? differences(config, last, now) : [];
        last = now;
        for (const listener of events.length > 0 ? listeners : []) listener(events);
      } catch (error) {
        ports.log.error("the feed cannot be read", { error: ports.secrets.redact(messageOf(error)) });
      }
      await pause(ports.clock, POLL_MS);
    }
    latest = undefined;
    running = false;
  };

  return {
    get listeners() {
      return listeners.size;
    },
    subscribe(listener) {
      listeners.add(listener);
      if (!running) void run();
      return () => void listeners.delete(listener);
    },
    async since(id) {
      const now = await (latest ?? takeSnapshot());
      // From a clock that has stepped back since: nothing can be said of when that was.
      const from = id > now.slot ? 0 : id - LATE_MS;
      const { items } = await store.listIncidents({ limit: CATCH_UP });
      return [
        // All of them: evidence also grows old, and fresh again, without a new outcome.
        ...config.checks.map((check) => statusEvent(check, now)),
        ...items.filter(({ updatedAt }) => updatedAt >= from).reverse().map((incident) =>
          incidentEvent(incident, now)
        ),
        ...config.targets.map((target) => targetEvent(target.id, now)),
        settlementEvent(now),
      ];
    },
  };
}

function snapshotOf(
  config: Config,
  { states, own }: { states: States; own: readonly Incident[] },
  nowMs: number,
): Snapshot {
  const outcomes = new Map(
    config.checks.map((check) => [check.key, outcomeOf(check, states[check.key], nowMs)]),
  );
  return {
    states,
    nowMs,
    slot: Math.max(0, ...Object.values(states).map(({ slot }) => slot)),
    outcomes,
    since: new Map(Object.entries(states).map(([key, { since }]) => [key, since])),
    coarse: new Map(config.targets.map((target) => [target.id, targetStatus(target, states, nowMs)])),
    incidents: new Map(
      [...Object.values(states).flatMap(({ incidents }) => incidents), ...own]
        .map((incident) => [incident.id, incident]),
    ),
  };
}

function differences(config: Config, before: Snapshot, now: Snapshot): FeedEvent[] {
  const checks = config.checks.filter(({ key }) => before.outcomes.get(key) !== now.outcomes.get(key));
  const targets = config.targets.filter(({ id }) => before.coarse.get(id) !== now.coarse.get(id));
  const incidents = [...now.incidents.values()].filter((incident) => {
    const known = before.incidents.get(incident.id);
    return !known || known.updatedAt !== incident.updatedAt || known.state !== incident.state;
  });
  return [
    ...checks.map((check) => statusEvent(check, now)),
    ...incidents.map((incident) => incidentEvent(incident, now)),
    ...targets.map(({ id }) => targetEvent(id, now)),
    ...(before.slot === now.slot ? [] : [settlementEvent(now)]),
  ];
}

const statusEvent = (check: Config["checks"][number], now: Snapshot): FeedEvent => ({
  id: now.slot,
  type: "status",
  target: check.target.id,
  data: {
    target: check.target.id,
    check: check.id,
    outcome: now.outcomes.get(check.key)!,
    since: iso(now.since.get(check.key)),
  },
});

const incidentEvent = (incident: Incident, { slot, states, nowMs }: Snapshot): FeedEvent => ({
  id: slot,
  type: "incident",
  target: incident.target,
  data: incidentView(incident, states[`${incident.target}/${incident.check}`], nowMs),
});

const targetEvent = (target: string, { slot, coarse }: Snapshot): FeedEvent => ({
  id: slot,
  type: "target",
  data: { target, status: coarse.get(target)! },
});

const settlementEvent = ({ slot }: Snapshot): FeedEvent => ({
  id: slot,
  type: "settled",
  data: { slot: iso(slot || undefined) },
});
