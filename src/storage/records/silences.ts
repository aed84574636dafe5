/**
 * Silences hold notices while probing continues. At the end of a silence, notices of incidents that are still
 * open are sent; the others are dropped.
 *
 *     notice -> silenced -> held -> silence ends -> incident still open -> sent, else dropped
 */
import * as z from "../../base/zod.ts";
import type { Check } from "../../config/config.ts";
import { isAbout, type MaintenanceWindow, type SilenceMatch } from "../../config/maintenance_window.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Notice, RecordStore, StoredRecord } from "../store.ts";
import { DAY_MS } from "../../base/time.ts";

/** The most stored silences, including those that have ended. */
export const MAX_SILENCES = 1_000;
/** Retention of a silence after its end, for the notices it held. */
export const REMEMBERED_MS = 7 * DAY_MS;

/** A silence. Times are epoch ms. `until` is its actual end, also if it was ended early. */
export interface Silence {
  id: string;
  match: SilenceMatch;
  from: number;
  until: number;
  reason: string;
  /** The id of the token that made it. */
  by: string;
  /** The config's maintenance window it belongs to. */
  window?: MaintenanceWindow;
}

const globs = z.union([z.string(), z.array(z.string())]);

const silenceShape = z.object({
  id: z.string(),
  match: z.object({
    target: z.optional(globs),
    check: z.optional(globs),
    labels: z.optional(z.record(z.string(), globs)),
  }),
  from: z.number(),
  until: z.number(),
  reason: z.string(),
  by: z.string(),
});

/** Encodes a silence as a record; one that was ended early replaces the earlier record. */
export const encodeSilence = (silence: Silence, ended = false): StoredRecord => ({
  kind: "silence",
  key: silence.id,
  order: ended ? 1 : 0,
  value: JSON.stringify({ ...silence, window: undefined }),
  expiresAt: silence.until + REMEMBERED_MS,
});

/**
 * All stored silences, sorted by id. Ignores one in an unknown shape, as of another version: an extra notice
 * is better than a missing one. Rejects if the store fails.
 */
export async function listSilences(store: RecordStore): Promise<Silence[]> {
  const records = await store.listRecords({ kind: "silence", limit: MAX_SILENCES });
  return records.flatMap(({ value }) => decodeSilence(value) ?? []);
}

function decodeSilence(value: string): Silence | undefined {
  try {
    return silenceShape.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** The fields that silences match. */
export interface SilenceSubject {
  target: string;
  check: string;
  labels: Record<string, string>;
}

/** The subject of a check. */
export const subjectOf = ({ id, target }: Check): SilenceSubject => ({
  target: target.id,
  check: id,
  labels: target.labels,
});

/** The silence that applies to a subject at `at` (epoch ms), if any; of several, the one that ends last. */
export function activeSilence(
  all: readonly Silence[],
  subject: SilenceSubject,
  at: number,
): Silence | undefined {
  return all.filter(({ match, from, until }) => from <= at && at < until && isAbout(match, subject))
    .sort((a, b) => b.until - a.until)[0];
}

/**
 * When the silencing of a subject at `at` ends, including silences that follow directly; undefined if not
 * silenced.
 */
function silenceEnd(all: readonly Silence[], subject: SilenceSubject, at: number): number | undefined {
  const silence = activeSilence(all, subject, at);
  return silence && (silenceEnd(all, subject, silence.until) ?? silence.until);
}

/**
 * Whether a held notice can be dropped after the silence: the incident was resolved during it, and the notice
 * is an update, or its opening was held too, so that no receiver knows the incident.
 */
export function isMoot(
  all: readonly Silence[],
  subject: SilenceSubject,
  { state, timeline, resolvedAt, updatedAt }: Incident,
  { type, createdAt }: Pick<Notice, "type" | "createdAt">,
): boolean {
  const until = silenceEnd(all, subject, createdAt);
  if (state === "open" || until === undefined || (resolvedAt ?? updatedAt) > until) return false;
  if (type === "incident.updated") return true;
  const opened = timeline.findLast(({ change, at }) => change === "opened" && at <= createdAt);
  return opened !== undefined && activeSilence(all, subject, opened.at) !== undefined;
}
