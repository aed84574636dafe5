/** Receivers of notices. */
import * as z from "../../base/zod.ts";
import { ANY_EVENT, type Kinds } from "../kinds.ts";
import * as fields from "./fields.ts";
import { id, list, map, optionalField } from "./fields.ts";

const eventGlobs = (fallback: readonly string[] = ANY_EVENT) =>
  optionalField(list(z.string().check(z.minLength(1)), 20), "Globs over event names.", fallback);

/** The fields of every webhook, whatever its kind. */
const anyWebhook = z.looseObject({
  id: id(),
  kind: z.optional(z.string()),
  events: eventGlobs(),
});

/** A webhook: the common fields, and those of its kind. */
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
      // Only the kinds know the fields, so the type is cast.
    }) as unknown as [typeof anyWebhook],
  );
