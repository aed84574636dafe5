/** Shapes of all stored values, checked on write and on read. */
import * as z from "../base/zod.ts";
import type { Incident } from "../judgement/incident.ts";
import {
  INCIDENT_CHANGES,
  INCIDENT_FAMILIES,
  INCIDENT_KINDS,
  INCIDENT_STATES,
  OUTCOMES,
  SEVERITIES,
} from "../judgement/words.ts";
import {
  type Commit,
  type Delivery,
  DELIVERY_STATES,
  type NewNotice,
  type Receipt,
  RECORD_KINDS,
  type Rollup,
  type Sample,
  type Shard,
  type StoredRecord,
} from "./store.ts";

const isStorable = (value: string) => value.isWellFormed() && !value.includes("\0");
const text = z.string().check(z.refine(isStorable, "expected well-formed Unicode without U+0000"));
/** Text from outside, such as an error message: repaired instead of refused. */
const foreignText = z.pipe(
  z.string(),
  z.transform((value) => value.toWellFormed().replaceAll("\0", "\uFFFD")),
);
const slot = z.int();
const time = z.number();

/** The fields of an incident and of a timeline entry, with the given types of texts and times. */
export function incidentFields<Time extends z.ZodMiniType>(
  { text, time }: { text: z.ZodMiniString; time: Time },
) {
  const kind = z.enum(INCIDENT_KINDS);
  const entry = {
    at: time,
    change: z.enum(INCIDENT_CHANGES),
    kind,
    outcome: z.enum(OUTCOMES),
    reason: z.optional(text),
  };
  const incident = {
    id: text,
    target: text,
    check: text,
    family: z.enum(INCIDENT_FAMILIES),
    kind,
    scope: text,
    severity: z.enum(SEVERITIES),
    openedAt: time,
    episode: z.int().check(z.gte(1)),
    state: z.enum(INCIDENT_STATES),
    reason: z.optional(text),
    updatedAt: time,
    resolvedAt: z.optional(time),
    cause: z.optional(z.strictObject({ target: text, incident: text })),
    statusPage: z.optional(z.strictObject({ admittedAt: z.optional(time) })),
  };
  return { entry, incident };
}

const fields = incidentFields({ text, time: slot });

const incident = z.strictObject({ ...fields.incident, timeline: z.array(z.strictObject(fields.entry)) });

/** A whole incident; an unknown field is an error, because dropping it would lose it. */
export const INCIDENT: z.ZodMiniType<Incident> = incident;

/** The required keys of an incident. */
export const INCIDENT_KEYS = Object.entries(incident.shape)
  .filter(([, field]) => !field.safeParse(undefined).success)
  .map(([key]) => key as keyof Incident & string);

/** One shard; its state is opaque. */
export const SHARD: z.ZodMiniType<Shard> = z.object({ shard: z.int(), layout: text, state: text });

/** One sample; its data is opaque. */
export const SAMPLE: z.ZodMiniType<Sample> = z.object({ slot, shard: z.int(), data: text });

/** One rollup; its data is opaque. */
export const ROLLUP: z.ZodMiniType<Rollup> = z.object({
  unit: z.enum(["hour", "day"]),
  start: slot,
  shard: z.int(),
  data: text,
});

/** One record; its value is opaque. */
export const RECORD: z.ZodMiniType<StoredRecord> = z.object({
  kind: z.enum(RECORD_KINDS),
  key: text,
  order: time,
  value: text,
  expiresAt: time,
});

const notice = {
  ...{ id: text, webhook: text, incident: text, type: text, body: text, createdAt: time },
  episode: z.optional(z.int()),
};
const NOTICE: z.ZodMiniType<NewNotice> = z.object({ ...notice, notBefore: z.optional(time) });

/** New notices. */
export const NOTICES = z.array(NOTICE);

const receipt = {
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  nextAt: time,
  lastAttemptAt: z.optional(time),
  lastStatus: z.optional(z.int()),
  lastError: z.optional(foreignText),
};

/** A receipt. */
export const RECEIPT: z.ZodMiniType<Receipt> = z.object(receipt);

/** A delivery. */
export const DELIVERY: z.ZodMiniType<Delivery> = z.object({ ...notice, ...receipt, seq: z.int() });

/** A commit. */
export const COMMIT: z.ZodMiniType<Commit> = z.object({
  shards: z.array(SHARD),
  dropFrom: z.optional(z.int()),
  samples: z.array(SAMPLE),
  incidents: z.array(INCIDENT),
  notices: NOTICES,
});

/**
 * Returns a copy of `value`; throws an Error that names `what` and up to five wrong fields if the shape is
 * wrong.
 */
export function validateShape<T>(shape: z.ZodMiniType<T>, value: unknown, what: string): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new Error(`Cannot use ${what} as its shape is wrong: ${problems.slice(0, 5).join("; ")}`);
}
