/** What incidents are described by, wherever they stand. */
import * as z from "../../../../base/zod.ts";
import { incidentFields } from "../../../../storage/schema.ts";
import { anyText, isoTime } from "./shapes.ts";

const { entry, incident } = incidentFields({ text: anyText, time: isoTime });

/** One line of a timeline, and all that an incident is stored with. */
export { entry, incident };

const { family, kind, severity, openedAt, episode, cause } = incident;
const scope = incident.scope.check(z.describe("global, or the id of the region that decided."));
const notes = z.optional(z.array(anyText)).check(
  z.describe("What is known besides, in words: facts of its latest opening, and who holds it open."),
);
const heldBy = z.optional(z.array(z.strictObject({ id: anyText, silentSince: isoTime }))).check(
  z.describe("The probers or regions that fell silent with a bad vote, without which it would resolve."),
);

/** What an incident and the summary of it share. */
export const incidentBasics = { family, kind, scope, severity, openedAt, episode, cause, notes, heldBy };
