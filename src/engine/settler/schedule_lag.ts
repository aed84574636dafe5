/**
 * What the start of a minute shows about the schedule: whether it was in time, and which minutes before it
 * were missed. Pure.
 */
import { iso, MINUTE_MS } from "../../base/time.ts";
import type { OwnSighting } from "../../judgement/own_causes.ts";

/** A minute that begins later than this (ms) means that the schedule lags. */
const LATE_MS = 30_000;
/** The maximum number of missed minutes reported; the latest ones. */
const MOST_MISSED = 3;

/**
 * Instants in epoch ms. `beforeMs` is the last minute begun; undefined: unknown, and none counts as missed.
 */
export interface MinuteBegun {
  minuteMs: number;
  nowMs: number;
  beforeMs?: number;
}

/** The sightings of the minutes after `beforeMs`, up to the one that begins. */
export function scheduleSightings({ minuteMs, nowMs, beforeMs }: MinuteBegun): OwnSighting[] {
  // A minute begun twice was already reported.
  if (beforeMs !== undefined && beforeMs >= minuteMs) return [];
  const gap = Math.floor((minuteMs - (beforeMs ?? minuteMs - MINUTE_MS)) / MINUTE_MS) - 1;
  const missed = Array.from({ length: Math.min(gap, MOST_MISSED) }, (_, i) => {
    const at = minuteMs - (Math.min(gap, MOST_MISSED) - i) * MINUTE_MS;
    return sighting(
      at,
      `${gap === 1 ? "the minute" : `the ${gap} minutes`} before ${timeOf(minuteMs)} never began`,
    );
  });
  const lateMs = nowMs - minuteMs;
  const cause = lateMs > LATE_MS
    ? `the minute ${timeOf(minuteMs)} began ${Math.round(lateMs / 1_000)} s late`
    : undefined;
  return [...missed, sighting(minuteMs, cause)];
}

const sighting = (at: number, cause?: string): OwnSighting => ({ kind: "schedule", at, cause });

const timeOf = (at: number) => `${iso(at).slice(11, 16)} UTC`;
