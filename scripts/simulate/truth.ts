/** The ground truth of a run, from its events: which notices were due, and which were false. */
import { MINUTE_MS } from "../../src/base/time.ts";
import type { Event, ServiceMood, Spell, Tape } from "./tape.ts";

/** Moods in which the service counts as failing, with the incident they should open. */
const BAD: Partial<Record<ServiceMood, "drift" | "outage">> = {
  lies: "drift",
  hangs: "drift",
  down: "outage",
  wrong: "outage",
  draining: "outage",
};

/** A time in which the service fails for everyone. */
export interface Episode extends Spell {
  kind: "drift" | "outage";
}

/** How long a service may drain before it counts as failing. */
const DRAIN_MS = 150_000;
/** Failures closer together than this are one episode, as in a crash loop. */
const TOGETHER_MS = 3 * MINUTE_MS;

const isService = (event: Event): event is Extract<Event, { kind: "service" }> => event.kind === "service";

/** The episodes of a tape's first check, in order. */
export function episodesOf({ events }: Pick<Tape, "events">): Episode[] {
  const whole = events.filter(isService)
    .filter(({ share = 1, region, check }) => share >= 1 && region === undefined && check === undefined)
    .filter(({ mood }) => BAD[mood])
    .toSorted((a, b) => a.from - b.from);
  const episodes: Episode[] = [];
  for (const { mood, from: began, until } of whole) {
    const from = mood === "draining" ? began + DRAIN_MS : began;
    const last = episodes.at(-1);
    if (from >= until) continue;
    if (last && from - last.until < TOGETHER_MS) last.until = until;
    else episodes.push({ kind: BAD[mood]!, from, until });
  }
  return episodes;
}

/**
 * Whether the service failed, in whole or in part, at this instant or shortly before, so that a notice is not
 * false.
 */
export function hasCause({ events }: Pick<Tape, "events">, at: number): boolean {
  // Walks that began before the end of a failure may still open an incident after it.
  const isNear = ({ from, until }: Spell) => from <= at && at < until + 2 * MINUTE_MS;
  return events.some((event) => isService(event) && BAD[event.mood] !== undefined && isNear(event));
}

/**
 * How many probers have been silent for two periods, and so were asked at least twice. `at` is in ms after
 * the start.
 */
export function silentProbers({ events, everyMs }: Pick<Tape, "events" | "everyMs">, at: number): number {
  const silent = events.flatMap((event) =>
    (event.kind === "partition" || event.kind === "hung") && event.from <= at - 2 * everyMs &&
      at < event.until
      ? [event.prober]
      : []
  );
  return new Set(silent).size;
}

/** The first time in which only a share of requests or one region fails; undefined if there is none. */
export function firstPartial({ events }: Pick<Tape, "events">): Spell | undefined {
  return events.filter(isService).find(({ share = 1, region, mood }) =>
    (share < 1 || region !== undefined) && BAD[mood]
  );
}
