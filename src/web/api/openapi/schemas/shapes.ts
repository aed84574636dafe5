/** Building blocks of the API's schemas. */
import * as z from "../../../../base/zod.ts";
import { reportFields } from "../../../../evidence/report/schema.ts";
import { COARSE_STATUSES, CURRENT_OUTCOMES, OUTCOMES } from "../../../../judgement/words.ts";

/** Names a schema, which puts it into `components.schemas`. */
export const component = <T extends z.ZodMiniType>(id: string, schema: T): T => {
  // Cloned: a `meta` check would give the id to schemas derived from this one, too.
  const named = z.clone(schema);
  z.globalRegistry.add(named, { ...z.globalRegistry.get(schema), id });
  return named;
};

/** An instant (RFC 3339). */
export const isoTime = z.datetime();
/** Any text. */
export const anyText = z.string();
/** A duration in ms. */
export const spanMs = z.number().check(z.gte(0));
/** A count. */
export const count = z.int().check(z.gte(0));
/** Cursor of the next page. */
export const cursor = z.nullable(anyText).check(
  z.describe("`before` of the next page; null if there is none."),
);
/** The outcome of a quorum. */
export const outcome = component("Outcome", z.enum(OUTCOMES));
/** The current outcome of a quorum. */
export const currentOutcome = component(
  "CurrentOutcome",
  z.enum(CURRENT_OUTCOMES).check(
    z.describe("The quorum's current outcome; `unknown` if its evidence is too old."),
  ),
);
/** The public form of an outcome. */
export const coarse = component("CoarseStatus", z.enum(COARSE_STATUSES));
/** The age of evidence. */
export const age = z.nullable(spanMs).check(z.describe("Age of the evidence in ms; null if there is none."));

/** The fields of a report. */
export const reportParts = reportFields({ text: anyText, time: isoTime, ms: spanMs, status: z.int() });
