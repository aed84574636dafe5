/** Fields that several incident schemas share. */
import * as z from "../../../../base/zod.ts";
import { incidentFields } from "../../../../storage/schema.ts";
import { anyText, isoTime } from "./shapes.ts";

const { entry, incident } = incidentFields({ text: anyText, time: isoTime });

/** One timeline entry, and the stored fields of an incident. */
export { entry, incident };

const { family, kind, severity, openedAt, episode, cause } = incident;
const scope = incident.scope.check(z.describe("`global`, or the id of the region that decided."));
const notes = z.optional(z.array(anyText)).check(
  z.describe("Further facts, in words: about its latest opening, and what keeps it open."),
);
const heldBy = z.optional(z.array(z.strictObject({ id: anyText, silentSince: isoTime }))).check(
  z.describe("Probers or regions that stopped reporting after a bad vote. Without them it would resolve."),
);

/** Fields shared by an incident and its summary. */
export const incidentBasics = { family, kind, scope, severity, openedAt, episode, cause, notes, heldBy };
