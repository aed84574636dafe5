/**
 * The change feed. One poller serves every subscriber and stops when there are none.
 *
 *     states, every 2 s -> differences from the previous snapshot -> every listener
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
/** Maximum number of incidents sent to a subscriber that resumes, newest first. */
const CATCH_UP = 200;
/** How much later than a newer slot a slot of another lane may be settled, ms. */
const LATE_MS = 120_000;

/** One change; `id` is the newest slot (epoch ms) settled by then. */
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

/** The change feed. */
export interface Feed {
  /** Current number of listeners. */
  readonly listeners: number;
  /** Calls `listener` with every change from now on, until the returned function is called. */
  subscribe(listener: Listener): () => void;
  /** Events that a listener missed since the slot `id`. Some may be repeats; none is left out. */
  since(id: number): Promise<FeedEvent[]>;
}

/** One poll of the store. */
interface Snapshot {
  slot: number;
  outcomes: Map<string, CurrentOutcome>;
  /** Slot (epoch ms) since which each outcome has held. */
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
  /**
   * The latest poll. `since` answers from it, so that a new subscriber misses nothing until the next poll.
   */
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
      // The slot is from before the clock stepped back, so when it was is unknown.
      const from = id > now.slot ? 0 : id - LATE_MS;
      const { items } = await store.listIncidents({ limit: CATCH_UP });
      return [
        // All checks: evidence can turn stale, or fresh again, without a new outcome.
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
