/** The truth of a run, from its events: which notices were due, and which were false. */
import { MINUTE_MS } from "../../src/base/time.ts";
import type { Event, ServiceMood, Spell, Tape } from "./tape.ts";

/** Moods in which a walk fails. */
const BAD: Partial<Record<ServiceMood, "drift" | "outage">> = {
  lies: "drift",
  hangs: "drift",
  down: "outage",
  wrong: "outage",
  draining: "outage",
};

/** A time in which the service fails everybody. */
export interface Episode extends Spell {
  kind: "drift" | "outage";
}

/** How long a service may drain before that counts. */
const DRAIN_MS = 150_000;
/** Failures closer than this are one episode, as in a crash loop. */
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

/** When some walks fail for a reason, whole or in part: no notice then is false. */
export function hasCause({ events }: Pick<Tape, "events">, at: number): boolean {
  // A failure may be announced a little after its end, by walks that began before it.
  const isNear = ({ from, until }: Spell) => from <= at && at < until + 2 * MINUTE_MS;
  return events.some((event) => isService(event) && BAD[event.mood] !== undefined && isNear(event));
}

/** How many probers the settler has not heard for two periods, long enough to be asked twice; `at`: ms after the beginning. */
export function silentProbers({ events, everyMs }: Pick<Tape, "events" | "everyMs">, at: number): number {
  const silent = events.flatMap((event) =>
    (event.kind === "partition" || event.kind === "hung") && event.from <= at - 2 * everyMs &&
      at < event.until
      ? [event.prober]
      : []
  );
  return new Set(silent).size;
}

/** The first time at which a share of requests, or one region, fails; undefined: none does. */
export function firstPartial({ events }: Pick<Tape, "events">): Spell | undefined {
  return events.filter(isService).find(({ share = 1, region, mood }) =>
    (share < 1 || region !== undefined) && BAD[mood]
  );
}
