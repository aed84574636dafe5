import * as z from "../../base/zod.ts";
import { duration, id, list, map, optionalField, words } from "./fields.ts";
import { matchFields } from "./match.ts";

const instant = () =>
  z.string().check(
    z.refine((value) => z.datetime({ offset: true }).safeParse(value).success, {
      error: "an instant: 2027-01-31T22:00:00Z, or with an offset such as +01:00",
    }),
  );

const match = map({
  ...matchFields,
}).check(
  z.refine((match) => Object.keys(match).length > 0, {
    error: 'a target, a check or labels; target: "*" matches all',
  }),
);

/** One maintenance window. */
const window = map({
  id: id().check(z.describe("Unique.")),
  match: match.check(z.describe("What it covers; all given parts must match.")),
  reason: words().check(z.describe("The reason. The public page shows it.")),
  from: optionalField(instant(), "When it begins, once."),
  until: optionalField(instant(), "When that ends."),
  cron: optionalField(words(), "When it begins, repeatedly: five cron fields."),
  zone: optionalField(words(), "The IANA time zone of cron.", "UTC"),
  duration: optionalField(duration("1m", "30d"), "How long it lasts, with from or cron."),
  afterDeployment: optionalField(
    duration("1m", "1d"),
    "How long after each recorded deployment of the matched targets.",
  ),
  public: optionalField(
    z.boolean(),
    "Whether the public page and the Statuspage API announce it. Default: yes, except after deployments.",
  ),
});

/** The grammar of `maintenance`. */
export const maintenanceGrammar = () => list(window, 200);
