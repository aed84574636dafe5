/** What several schemas of the API are made of. */
import * as z from "../../../../base/zod.ts";
import { reportFields } from "../../../../evidence/report/schema.ts";
import { COARSE_STATUSES, CURRENT_OUTCOMES, OUTCOMES } from "../../../../judgement/words.ts";

/** A schema of components.schemas by this name. */
export const component = <T extends z.ZodMiniType>(id: string, schema: T): T => {
  // Not as a check: what is made of this schema would bear the same id.
  const named = z.clone(schema);
  z.globalRegistry.add(named, { ...z.globalRegistry.get(schema), id });
  return named;
};

/** An instant, as RFC 3339 writes it. */
export const isoTime = z.datetime();
/** Any text. */
export const anyText = z.string();
/** A time in ms. */
export const spanMs = z.number().check(z.gte(0));
/** How many. */
export const count = z.int().check(z.gte(0));
/** Where the next page begins. */
export const cursor = z.nullable(anyText).check(
  z.describe("`before` of the next page; null: there is none."),
);
/** What a quorum came to. */
export const outcome = component("Outcome", z.enum(OUTCOMES));
/** What a quorum holds now. */
export const currentOutcome = component(
  "CurrentOutcome",
  z.enum(CURRENT_OUTCOMES).check(z.describe("What the quorum holds; `unknown`: its evidence is too old.")),
);
/** What the public may read of an outcome. */
export const coarse = component("CoarseStatus", z.enum(COARSE_STATUSES));
/** How old evidence is. */
export const age = z.nullable(spanMs).check(z.describe("Age of the evidence in ms; null: there is none."));

/** The fields of a report. */
export const reportParts = reportFields({ text: anyText, time: isoTime, ms: spanMs, status: z.int() });
