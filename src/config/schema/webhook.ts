/** Receivers of notices. */
import * as z from "../../base/zod.ts";
import { ANY_EVENT, type Kinds } from "../kinds.ts";
import * as fields from "./fields.ts";
import { id, list, map, optionalField } from "./fields.ts";

const eventGlobs = (fallback: readonly string[] = ANY_EVENT) =>
  optionalField(list(z.string().check(z.minLength(1)), 20), "Globs over event names.", fallback);

/** What every webhook has, whatever its kind asks for besides. */
const anyWebhook = z.looseObject({
  id: id(),
  kind: z.optional(z.string()),
  events: eventGlobs(),
});

/** A receiver, by its kind: its own fields, between those that all have. */
export const webhookGrammar = ({ sinks }: Kinds) =>
  z.discriminatedUnion(
    "kind",
    sinks.map(({ kind, schema, isDefault, events }) => {
      const name = z.literal(kind).check(z.describe("The kind of receiver."));
      const common = {
        id: id().check(z.describe("Unique.")),
        kind: isDefault ? z._default(name, kind) : name,
      };
      return map({ ...common, ...schema(fields).shape, events: eventGlobs(events) });
      // Which fields there are is known to the kinds alone.
    }) as unknown as [typeof anyWebhook],
  );
