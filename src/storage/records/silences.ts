/**
 * A time in which notices are held while probing goes on. What is still true at its end is sent; what was over by then is not.
 *
 *     notice -> silenced now? -> held -> silence over -> incident still open? -> sent, else dropped
 */
import * as z from "../../base/zod.ts";
import type { Check } from "../../config/config.ts";
import { isAbout, type MaintenanceWindow, type SilenceMatch } from "../../config/maintenance_window.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Notice, RecordStore, StoredRecord } from "../store.ts";
import { DAY_MS } from "../../base/time.ts";

/** At most so many are remembered, those that are over included. */
export const MAX_SILENCES = 1_000;
/** How long a silence that is over is remembered, for the notices that it held. */
export const REMEMBERED_MS = 7 * DAY_MS;

/** A silence. Times are epoch ms; `until` of one that was ended early is when it was. */
export interface Silence {
  id: string;
  match: SilenceMatch;
  from: number;
  until: number;
  reason: string;
  /** The id of the token that made it. */
  by: string;
  /** The maintenance window of the config that it is of. */
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

/** A silence as a record; one that was ended early replaces the earlier record. */
export const encodeSilence = (silence: Silence, ended = false): StoredRecord => ({
  kind: "silence",
  key: silence.id,
  order: ended ? 1 : 0,
  value: JSON.stringify({ ...silence, window: undefined }),
  expiresAt: silence.until + REMEMBERED_MS,
});

/**
 * All silences that are remembered, by id. One that another version wrote in a shape that this one does not know holds nothing: a
 * notice too many is better than none at all. Rejects if the store is broken.
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

/** What a silence may be about. */
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

/** The silence under which a subject stands at `at` (epoch ms), if any: the one that ends last. */
export function activeSilence(
  all: readonly Silence[],
  subject: SilenceSubject,
  at: number,
): Silence | undefined {
  return all.filter(({ match, from, until }) => from <= at && at < until && isAbout(match, subject))
    .sort((a, b) => b.until - a.until)[0];
}

/** When it ends that a subject is silenced at `at`, silences that follow at once included; undefined: it is not. */
function silenceEnd(all: readonly Silence[], subject: SilenceSubject, at: number): number | undefined {
  const silence = activeSilence(all, subject, at);
  return silence && (silenceEnd(all, subject, silence.until) ?? silence.until);
}

/**
 * Whether a held notice can be dropped once the silence is over: the incident was resolved within it, and this was an
 * update, or the notice of the opening was held as well, so that no receiver knows of it.
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
