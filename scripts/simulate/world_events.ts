/** Random events for the worlds: each function draws the events of one kind of trouble. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import type { Event, Spell, Topology } from "./tape.ts";

/** What events are drawn from. */
export interface Draw {
  /** The next random number in [0, 1). */
  chance: () => number;
  /** Length of the run, ms. */
  lastMs: number;
  topology: Topology;
}

export const between = (chance: () => number, least: number, most: number) =>
  least + (most - least) * chance();

/**
 * One spell of `spellMs()` in each stretch of `everyMs`, at a random instant. The run starts and ends without
 * one.
 */
export function spells({ chance, lastMs }: Draw, everyMs: number, spellMs: () => number): Spell[] {
  const count = Math.floor((lastMs - 15 * MINUTE_MS) / everyMs);
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const length = Math.round(spellMs());
    const room = everyMs - length - 15 * MINUTE_MS;
    const from = Math.round(10 * MINUTE_MS + i * everyMs + chance() * room);
    return { from, until: from + length };
  });
}

export const whole = ({ lastMs }: Draw): Spell => ({ from: 0, until: lastMs });
export const anyProber = ({ chance, topology: { regions, probers } }: Draw) =>
  Math.floor(chance() * regions * probers);

/** A service that crashes soon after each start, and reports its state honestly. */
export function crashLoop(draw: Draw): Event[] {
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

/** Bursts of loss, prober by prober: nine of ten requests for 20 s. */
export function bursts(draw: Draw): Event[] {
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

/** Failing half of the time, in stretches of 2 min. */
export const flapping = (draw: Draw): Event[] =>
  spells(draw, 75 * MINUTE_MS, () => 30 * MINUTE_MS).flatMap(({ from, until }) =>
    Array.from({ length: Math.floor((until - from) / (4 * MINUTE_MS)) }, (_, i): Event => ({
      kind: "service",
      mood: "lies",
      from: from + i * 4 * MINUTE_MS,
      until: from + i * 4 * MINUTE_MS + 2 * MINUTE_MS,
    }))
  );

/** A share of requests fails that grows over an hour. */
export const slowBurn = (draw: Draw): Event[] =>
  spells(draw, 3 * HOUR_MS, () => HOUR_MS).flatMap(({ from }) =>
    Array.from({ length: 12 }, (_, i): Event => ({
      kind: "service",
      mood: "wrong",
      share: (i + 1) / 12,
      from: from + i * 5 * MINUTE_MS,
      until: from + (i + 1) * 5 * MINUTE_MS,
    }))
  );

/** An outage during which one prober is silent, from before its start until after its end. */
export const silentProber = (draw: Draw): Event[] =>
  spells(draw, 60 * MINUTE_MS, () => 10 * MINUTE_MS).flatMap(({ from, until }): Event[] => [
    { kind: "service", mood: "down", from, until },
    { kind: "partition", prober: anyProber(draw), from: from - 5 * MINUTE_MS, until: until + 4 * MINUTE_MS },
  ]);

/** A random prober loses its network or its connection to the settler, in spells of 1 to 10 min. */
export const proberSpells = (kind: "offline" | "partition", everyMs: number) => (draw: Draw): Event[] =>
  spells(draw, everyMs, () => between(draw.chance, 1, 10) * MINUTE_MS)
    .map((spell) => ({ kind, prober: anyProber(draw), ...spell }));

/** All probers, or all but one, fall silent within 30 s. */
export const silentProbers = (draw: Draw): Event[] =>
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

/** A random region fails, sometimes all do, and a prober falls silent meanwhile. */
export const oneByOne = (draw: Draw): Event[] =>
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

/** Processes die around the start and the end of a failure, and others take over at once or soon after. */
export const takenOver = (draw: Draw): Event[] =>
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

/** Spells of failures in Assay's own ticks, store, processes and receivers, while the service fails too. */
export function machinery(draw: Draw): Event[] {
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

/** A random instant in each stretch of `everyMs`; two may be close together. */
export const anyInstants = ({ chance, lastMs }: Draw, everyMs: number): number[] =>
  Array.from({ length: Math.floor(lastMs / everyMs) }, (_, i) => (i + chance()) * everyMs);

/** Rollouts that begin at `begins` and reach each region after `delayMs`. The first revision is 0. */
export const rollouts = (
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

/** By turns the whole shop fails, or only its payments, whose check has `after: orders`. */
export const paymentsAfterOrders = (draw: Draw): Event[] => [
  ...spells(draw, 40 * MINUTE_MS, () => between(draw.chance, 8, 12) * MINUTE_MS).map((spell, i): Event =>
    i % 2 === 0
      ? { kind: "service", mood: "down", ...spell }
      : { kind: "service", mood: "lies", check: "payments", ...spell }
  ),
  { kind: "loss", share: 0.01, ...whole(draw) },
];
