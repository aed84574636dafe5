/** The worlds: each is a row that draws events by chance. A world's trouble is what its name says; its machinery may misbehave beside it. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import {
  type CheckSettings,
  CONVERGE_MS,
  type Event,
  type ServiceMood,
  type Spell,
  type Topology,
} from "./tape.ts";

/** What a world draws from. */
export interface Draw {
  /** In [0, 1), the next of the seed. */
  chance: () => number;
  /** How long the run is, ms. */
  lastMs: number;
  topology: Topology;
}

/** One world. */
export interface World {
  /** What happens in it. */
  events(draw: Draw): Event[];
  /** How its check is set; default: as by default. */
  settings?(everyMs: number): CheckSettings;
  /** Every incident of these kinds has to have a cause among the events; the others are false. Default: what the events say. */
  quiet?: true;
}

const between = (chance: () => number, least: number, most: number) => least + (most - least) * chance();

/** One spell of `lastMs` in each stretch of `everyMs`, at an instant of chance; all is well before the first, and at the end. */
export function spells({ chance, lastMs }: Draw, everyMs: number, spellMs: () => number): Spell[] {
  const count = Math.floor((lastMs - 15 * MINUTE_MS) / everyMs);
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const length = Math.round(spellMs());
    const room = everyMs - length - 15 * MINUTE_MS;
    const from = Math.round(10 * MINUTE_MS + i * everyMs + chance() * room);
    return { from, until: from + length };
  });
}

/** The service is in this mood in spells of [least, most] ms, one each `everyMs`. */
const moods = (mood: ServiceMood, everyMs: number, [least, most]: [number, number], more = {}): World => ({
  events: (draw) =>
    spells(draw, everyMs, () => between(draw.chance, least, most))
      .map((spell) => ({ kind: "service", mood, ...spell, ...more })),
});

const whole = ({ lastMs }: Draw): Spell => ({ from: 0, until: lastMs });
const anyProber = ({ chance, topology: { regions, probers } }: Draw) =>
  Math.floor(chance() * regions * probers);

/** A healthy service, and so many requests lost. */
const lossy = (share: number): World => ({
  quiet: true,
  events: (draw) => [{ kind: "loss", share, ...whole(draw) }],
});

/** One of so many replicas is bad, for the second half of the run. */
const badReplica = (replicas: number): World => ({
  events: ({ lastMs }) => [
    { kind: "service", mood: "lies", share: 1 / replicas, from: 10 * MINUTE_MS, until: lastMs },
  ],
});

/** A service that crashes as soon as it has started, and says so honestly. */
function crashLoop(draw: Draw): Event[] {
  const events: Event[] = [];
  for (const { from, until } of spells(draw, 90 * MINUTE_MS, () => 30 * MINUTE_MS)) {
    for (let at = from; at < until;) {
      const startsAt = at + 10 * SECOND_MS;
      const servesAt = startsAt + between(draw.chance, 60, 120) * SECOND_MS;
      events.push({ kind: "service", mood: "down", from: at, until: startsAt });
      events.push({ kind: "service", mood: "starting", from: startsAt, until: Math.round(servesAt) });
      at = Math.round(servesAt + between(draw.chance, 20, 40) * SECOND_MS);
    }
  }
  return events;
}

/** Loss in bursts of 20 s, prober by prober: nine of ten requests. */
function bursts(draw: Draw): Event[] {
  const { chance, lastMs, topology: { regions, probers } } = draw;
  const events: Event[] = [];
  for (let prober = 0; prober < regions * probers; prober++) {
    for (let from = 0; from < lastMs; from += 20 * SECOND_MS) {
      if (chance() < 0.01) {
        events.push({ kind: "loss", share: 0.9, prober, from, until: from + 20 * SECOND_MS });
      }
    }
  }
  return events;
}

/** Half of the time bad, in stretches of 2 min. */
const flapping = (draw: Draw): Event[] =>
  spells(draw, 75 * MINUTE_MS, () => 30 * MINUTE_MS).flatMap(({ from, until }) =>
    Array.from({ length: Math.floor((until - from) / (4 * MINUTE_MS)) }, (_, i): Event => ({
      kind: "service",
      mood: "lies",
      from: from + i * 4 * MINUTE_MS,
      until: from + i * 4 * MINUTE_MS + 2 * MINUTE_MS,
    }))
  );

/** A share of the requests fails, more and more of them for an hour. */
const slowBurn = (draw: Draw): Event[] =>
  spells(draw, 3 * HOUR_MS, () => HOUR_MS).flatMap(({ from }) =>
    Array.from({ length: 12 }, (_, i): Event => ({
      kind: "service",
      mood: "wrong",
      share: (i + 1) / 12,
      from: from + i * 5 * MINUTE_MS,
      until: from + (i + 1) * 5 * MINUTE_MS,
    }))
  );

/** An outage while one prober is silent, from before it until after. */
const silentProber = (draw: Draw): Event[] =>
  spells(draw, 60 * MINUTE_MS, () => 10 * MINUTE_MS).flatMap(({ from, until }): Event[] => [
    { kind: "service", mood: "down", from, until },
    { kind: "partition", prober: anyProber(draw), from: from - 5 * MINUTE_MS, until: until + 4 * MINUTE_MS },
  ]);

/** One prober's network, in spells of 1 to 10 min. */
const proberSpells = (kind: "offline" | "partition", everyMs: number) => (draw: Draw): Event[] =>
  spells(draw, everyMs, () => between(draw.chance, 1, 10) * MINUTE_MS)
    .map((spell) => ({ kind, prober: anyProber(draw), ...spell }));

/** Most probers or all of them fall silent, one soon after the other, so that nothing is known. */
const silentProbers = (draw: Draw): Event[] =>
  spells(draw, 45 * MINUTE_MS, () => between(draw.chance, 12, 16) * MINUTE_MS).flatMap(({ from, until }) => {
    const { chance, topology: { regions, probers } } = draw;
    const [count, well] = [regions * probers, chance() < 0.5 ? anyProber(draw) : -1];
    return Array.from({ length: count }, (_, prober): Event => ({
      kind: chance() < 0.5 ? "partition" : "hung",
      prober,
      from: Math.round(from + chance() * 30 * SECOND_MS),
      until,
    })).filter((_, prober) => count === 1 || prober !== well);
  });

/** One region after the other fails, now and then all do, and a prober falls silent meanwhile. */
const oneByOne = (draw: Draw): Event[] =>
  spells(draw, 40 * MINUTE_MS, () => between(draw.chance, 1, 20) * MINUTE_MS).flatMap(({ from, until }) => {
    const { chance, topology: { regions } } = draw;
    const mood = chance() < 0.5 ? "lies" : "down";
    const region = chance() < 0.75 ? Math.floor(chance() * regions) : undefined;
    const silentFrom = from + chance() * (until - from);
    return [
      { kind: "service", mood, from, until, ...(region !== undefined && { region }) },
      { kind: "partition", prober: anyProber(draw), from: silentFrom, until: until + 4 * MINUTE_MS },
    ] as Event[];
  });

/** Processes die in the midst of minutes, at a failure and at its end, and others take over at once or soon. */
const takenOver = (draw: Draw): Event[] =>
  spells(draw, 20 * MINUTE_MS, () => between(draw.chance, 1, 4) * MINUTE_MS).flatMap(({ from, until }) => {
    const { chance } = draw;
    const death = (near: number): Event => {
      const at = near + between(chance, -30, 90) * SECOND_MS;
      const [call, isAfter] = [Math.floor(chance() * 30), chance() < 0.5];
      return { kind: "death", call, isAfter, from: at, until: at + between(chance, 1, 50) * SECOND_MS };
    };
    return [
      { kind: "service", mood: chance() < 0.5 ? "lies" : "down", from, until },
      death(from),
      death(until),
      { kind: "second process", from: from + between(chance, 0, 60) * SECOND_MS, until: until + MINUTE_MS },
    ];
  });

/** Everything of the machinery misbehaves, in spells, beside a service that drifts now and then. */
function machinery(draw: Draw): Event[] {
  const { chance } = draw;
  const some = (kind: () => Event) => chance() < 0.5 ? [kind()] : [];
  return spells(draw, 40 * MINUTE_MS, () => between(chance, 2, 20) * MINUTE_MS).flatMap(({ from, until }) => {
    const spell = { from, until };
    const at = from + chance() * (until - from);
    return [
      { kind: "service", mood: chance() < 0.5 ? "lies" : "down", from: at, until },
      ...some(() => ({ kind: "ticks", how: "skipped", share: 0.3, ...spell })),
      ...some(() => ({ kind: "ticks", how: "doubled", share: 0.3, ...spell })),
      ...some(() => ({ kind: "ticks", how: "late", share: 0.3, ...spell })),
      ...some(() => ({ kind: "second process", ...spell })),
      ...some(() => ({ kind: "store", how: "lost", share: 0.1, ...spell })),
      ...some(() => ({ kind: "store", how: "refused", share: 0.1, ...spell })),
      ...some(() => ({ kind: "receiver", how: "refuses", ...spell })),
      ...some(() => ({ kind: "receiver", how: "hangs", ...spell })),
      ...some(() => ({ kind: "receiver", how: "forgets", ...spell })),
      ...some(() => ({
        kind: "death",
        call: Math.floor(chance() * 60),
        isAfter: chance() < 0.5,
        from: at,
        until: at + between(chance, 1, 180) * SECOND_MS,
      })),
    ] as Event[];
  });
}

/** The same period by cron, where it is one of whole minutes. */
const cronOf = (everyMs: number): CheckSettings =>
  everyMs % MINUTE_MS === 0 ? { cron: `"*/${everyMs / MINUTE_MS} * * * *"` } : {};

/** An instant of chance in each stretch of `everyMs`; two may be close together. */
const anyInstants = ({ chance, lastMs }: Draw, everyMs: number): number[] =>
  Array.from({ length: Math.floor(lastMs / everyMs) }, (_, i) => (i + chance()) * everyMs);

/** Rollouts that begin at these instants, and that each region takes up so long after; before the first there is revision 0. */
const rollouts = (
  { lastMs: until, topology: { regions } }: Draw,
  begins: readonly number[],
  delayMs: (region: number) => number,
): Event[] => [
  { kind: "rollout", revision: 0, from: 0, until },
  ...begins.flatMap((begin, i) =>
    Array.from({ length: regions }, (_, region): Event => (
      { kind: "rollout", revision: i + 1, region, from: Math.round(begin + delayMs(region)), until }
    ))
  ),
];

/** All of the shop fails, or only its payments, which come after its orders; in turn. */
const paymentsAfterOrders = (draw: Draw): Event[] => [
  ...spells(draw, 40 * MINUTE_MS, () => between(draw.chance, 8, 12) * MINUTE_MS).map((spell, i): Event =>
    i % 2 === 0
      ? { kind: "service", mood: "down", ...spell }
      : { kind: "service", mood: "lies", check: "payments", ...spell }
  ),
  { kind: "loss", share: 0.01, ...whole(draw) },
];

/** All worlds, by name. */
export const WORLDS: Readonly<Record<string, World>> = {
  "healthy, 0.1 % lost": lossy(0.001),
  "healthy, 1 % lost": lossy(0.01),
  "healthy, 5 % lost": lossy(0.05),
  "healthy, loss in bursts": { quiet: true, events: bursts },
  "prober offline": { quiet: true, events: proberSpells("offline", 45 * MINUTE_MS) },
  "partition": { quiet: true, events: proberSpells("partition", 45 * MINUTE_MS) },
  "probers that fall silent": { quiet: true, events: silentProbers },
  "slow path": {
    quiet: true,
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
  "honest starts": { quiet: true, ...moods("starting", 45 * MINUTE_MS, [90 * SECOND_MS, 240 * SECOND_MS]) },
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
    quiet: true,
    events: (draw) =>
      spells(draw, 60 * MINUTE_MS, () => 10 * MINUTE_MS)
        .map((spell) => ({ kind: "other config", prober: anyProber(draw), ...spell })),
  },
  "honest rollouts": {
    quiet: true,
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
