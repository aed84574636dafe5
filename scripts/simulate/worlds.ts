/** The worlds: each row draws random events. A world's name says what goes wrong in it. */
import { MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import { type CheckSettings, CONVERGE_MS, type Event, type ServiceMood } from "./tape.ts";
import {
  anyInstants,
  anyProber,
  between,
  bursts,
  crashLoop,
  type Draw,
  flapping,
  machinery,
  oneByOne,
  paymentsAfterOrders,
  proberSpells,
  rollouts,
  silentProber,
  silentProbers,
  slowBurn,
  spells,
  takenOver,
  whole,
} from "./world_events.ts";

/** One world. */
export interface World {
  /** Draws its events. */
  events(draw: Draw): Event[];
  /** Settings of its check; default: none. */
  settings?(everyMs: number): CheckSettings;
}

/** Spells in a mood, of [least, most] ms, one each `everyMs`. */
const moods = (mood: ServiceMood, everyMs: number, [least, most]: [number, number], more = {}): World => ({
  events: (draw) =>
    spells(draw, everyMs, () => between(draw.chance, least, most))
      .map((spell) => ({ kind: "service", mood, ...spell, ...more })),
});

/** A healthy service, with a share of requests lost. */
const lossy = (share: number): World => ({
  events: (draw) => [{ kind: "loss", share, ...whole(draw) }],
});

/** One of `replicas` replicas fails, from 10 min on. */
const badReplica = (replicas: number): World => ({
  events: ({ lastMs }) => [
    { kind: "service", mood: "lies", share: 1 / replicas, from: 10 * MINUTE_MS, until: lastMs },
  ],
});

/** The same period as a cron schedule, if it is whole minutes. */
const cronOf = (everyMs: number): CheckSettings =>
  everyMs % MINUTE_MS === 0 ? { cron: `"*/${everyMs / MINUTE_MS} * * * *"` } : {};

/** All worlds, by name. */
export const WORLDS: Readonly<Record<string, World>> = {
  "healthy, 0.1 % lost": lossy(0.001),
  "healthy, 1 % lost": lossy(0.01),
  "healthy, 5 % lost": lossy(0.05),
  "healthy, loss in bursts": { events: bursts },
  "prober offline": { events: proberSpells("offline", 45 * MINUTE_MS) },
  "partition": { events: proberSpells("partition", 45 * MINUTE_MS) },
  "probers that fall silent": { events: silentProbers },
  "slow path": {
    events: (draw) => [{ kind: "slow path", prober: anyProber(draw), ms: 1_500, ...whole(draw) }],
  },
  "drift": moods("lies", 30 * MINUTE_MS, [10 * MINUTE_MS, 10 * MINUTE_MS]),
  "drift, 1 % lost": {
    events: (draw) => [...WORLDS["drift"]!.events(draw), { kind: "loss", share: 0.01, ...whole(draw) }],
  },
  "hanging drift": moods("hangs", 30 * MINUTE_MS, [10 * MINUTE_MS, 10 * MINUTE_MS]),
  "outage": moods("down", 30 * MINUTE_MS, [10 * MINUTE_MS, 10 * MINUTE_MS]),
  "deploy that overclaims": moods("lies", 25 * MINUTE_MS, [20 * SECOND_MS, 3 * MINUTE_MS]),
  "dependency blip": moods("lies", 20 * MINUTE_MS, [2 * SECOND_MS, 20 * SECOND_MS]),
  "honest starts": moods("starting", 45 * MINUTE_MS, [90 * SECOND_MS, 240 * SECOND_MS]),
  "honest crash loop": { events: crashLoop },
  "lame duck past its window": moods("draining", 60 * MINUTE_MS, [6 * MINUTE_MS, 10 * MINUTE_MS]),
  "one bad replica of 3": badReplica(3),
  "one bad replica of 5": badReplica(5),
  "one bad replica of 10": badReplica(10),
  "stale config in one region": moods("lies", 60 * MINUTE_MS, [20 * MINUTE_MS, 20 * MINUTE_MS], {
    region: 0,
  }),
  "flapping": { events: flapping },
  "slow burn": { events: slowBurn },
  "outage with a silent prober": { events: silentProber },
  "hung prober": {
    events: (draw) => [
      ...WORLDS["drift"]!.events(draw),
      { kind: "hung", prober: anyProber(draw), ...whole(draw) },
    ],
  },
  "two versions of a config": {
    events: (draw) =>
      spells(draw, 60 * MINUTE_MS, () => 10 * MINUTE_MS)
        .map((spell) => ({ kind: "other config", prober: anyProber(draw), ...spell })),
  },
  "honest rollouts": {
    events: (draw) => [
      ...rollouts(draw, anyInstants(draw, 5 * MINUTE_MS), () => draw.chance() * CONVERGE_MS),
      { kind: "loss", share: 0.01, ...whole(draw) },
    ],
  },
  "rollout that leaves out a region": {
    events: (draw) => {
      const begins = spells(draw, 60 * MINUTE_MS, () => 0).map(({ from }) => from);
      return rollouts(draw, begins, (region) => region === 0 ? 20 * MINUTE_MS : 0);
    },
  },
  "a check that comes after another": { events: paymentsAfterOrders },
  "a check that comes after another, with its machinery": {
    events: (draw) => [...paymentsAfterOrders(draw), ...machinery(draw)],
  },
  "machinery": { events: machinery },
  "leases that change hands": { events: takenOver },
  "each region by itself": { events: oneByOne, settings: () => ({ scope: "region" }) },
  "each region by itself, with its machinery": { events: machinery, settings: () => ({ scope: "region" }) },
  "by cron": { events: machinery, settings: cronOf },
};
