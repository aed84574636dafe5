/** Keys that composition (compose/mod.ts) resolves and removes before the grammar is applied. */
import * as z from "../../base/zod.ts";
import type { Kinds } from "../kinds.ts";
import { optionalField } from "./fields.ts";
import { cleanup } from "./steps.ts";

const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** On targets and checks. */
export const ENABLED = optionalField(z.boolean(), "false has the effect of removing it.", true);

/** On targets. */
export const TARGET_DEFAULTS = optionalField(
  z.looseObject({ headers: z.optional(z.record(z.string(), z.string())) }),
  "Defaults of its checks: any of their keys, and headers of all requests.",
);

/** At the top. */
export const composedFields = (kinds: Kinds) => ({
  include: optionalField(
    z.union([z.string(), z.array(z.string())]),
    "More files, relative to this one; * matches in file names.",
  ),
  vars: optionalField(scalars, "Values for ${var:name} anywhere; may hold ${env:NAME:-default}."),
  environments: optionalField(
    z.record(z.string(), scalars),
    "Other values for vars, selected with --environment.",
  ),
  steps: optionalField(
    z.record(z.string(), cleanup(kinds)),
    "Named lists of steps for use: in journeys; with: fills in ${param:name}.",
  ),
});
