/** The shapes of all that is stored, for checking it on its way in and on its way out. */
import * as z from "zod";
import type { Family, Incident, Kind, Severity, TimelineEntry } from "../judgement/incident.ts";
import type { QuorumOutcome } from "../judgement/quorum.ts";
import {
  type Commit,
  type Delivery,
  type Notice,
  type Receipt,
  RECORD_KINDS,
  type Rollup,
  type Sample,
  type Shard,
  type StoredRecord,
} from "./store.ts";

/** A row per word: the compiler refuses one that is missing and one too many. */
const oneOf = <T extends string>(words: Record<T, true>) => z.enum(Object.keys(words) as T[]);

const isStorable = (value: string) => value.isWellFormed() && !value.includes("\0");
const text = z.string().refine(isStorable, "expected well-formed Unicode without U+0000");
/** A message of somebody else: it is mended rather than refused. */
const foreignText = z.string().transform((value) => value.toWellFormed().replaceAll("\0", "\uFFFD"));
const slot = z.int();
const time = z.number();

const kind = oneOf<Kind>({
  drift: true,
  outage: true,
  underclaim: true,
  unreported: true,
  degraded: true,
  blind: true,
  contradiction: true,
});

const outcome = oneOf<QuorumOutcome>({
  ready: true,
  degraded: true,
  underclaim: true,
  unreported: true,
  drift: true,
  not_ready: true,
  down: true,
  failing: true,
  split: true,
  pending: true,
});

const ENTRY: z.ZodType<TimelineEntry> = z.strictObject({
  at: slot,
  change: z.enum(["opened", "updated", "resolved"]),
  kind,
  outcome,
  reason: text.optional(),
});

/** A whole incident; an unknown field is an error, because dropping it would lose it. */
export const INCIDENT: z.ZodType<Incident> = z.strictObject({
  id: text,
  target: text,
  check: text,
  scope: text,
  family: oneOf<Family>({ service: true, quality: true, evidence: true, claim: true }),
  kind,
  severity: oneOf<Severity>({ critical: true, warning: true, info: true }),
  state: z.enum(["open", "resolved"]),
  episode: z.int(),
  openedAt: slot,
  updatedAt: slot,
  resolvedAt: slot.optional(),
  reason: text.optional(),
  timeline: z.array(ENTRY),
});

/** One shard; its state is opaque. */
export const SHARD: z.ZodType<Shard> = z.object({ shard: z.int(), layout: text, state: text });

/** One sample; its data is opaque. */
export const SAMPLE: z.ZodType<Sample> = z.object({ slot, shard: z.int(), data: text });

/** One rollup; its data is opaque. */
export const ROLLUP: z.ZodType<Rollup> = z.object({
  unit: z.enum(["hour", "day"]),
  start: slot,
  shard: z.int(),
  data: text,
});

/** One record; its value is opaque. */
export const RECORD: z.ZodType<StoredRecord> = z.object({
  kind: z.enum(RECORD_KINDS),
  key: text,
  order: time,
  value: text,
  expiresAt: time,
});

const notice = { id: text, webhook: text, incident: text, type: text, body: text, createdAt: time };
const NOTICE: z.ZodType<Notice> = z.object(notice);

const receipt = {
  state: z.enum(["pending", "delivered", "dead"]),
  attempts: z.int(),
  nextAt: time,
  lastAttemptAt: time.optional(),
  lastStatus: z.int().optional(),
  lastError: foreignText.optional(),
};

/** What became of one attempt. */
export const RECEIPT: z.ZodType<Receipt> = z.object(receipt);

/** A notice and how far it got. */
export const DELIVERY: z.ZodType<Delivery> = z.object({ ...notice, ...receipt, seq: z.int() });

/** All that one slot changes. */
export const COMMIT: z.ZodType<Commit> = z.object({
  shards: z.array(SHARD),
  dropFrom: z.int().optional(),
  samples: z.array(SAMPLE),
  incidents: z.array(INCIDENT),
  notices: z.array(NOTICE),
});

/** A copy of `value` if it has the shape; otherwise throws an Error that names `what` and each wrong place. */
export function validateShape<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new Error(`Cannot use ${what} as its shape is wrong: ${problems.slice(0, 5).join("; ")}`);
}
