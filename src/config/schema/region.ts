/** Regions and their probers. */
import * as z from "../../base/zod.ts";
import { list, map, optionalField, plainId, proberId, quorum, reference } from "./fields.ts";
import { PLACES } from "./places.ts";

const prober = map({
  id: proberId().check(z.describe("Unique across all regions.")),
  place: optionalField(z.enum(PLACES), "A Cloudflare location hint: a Durable Object there."),
  generation: optionalField(
    z.int().check(z.gte(1), z.lte(1_000_000)),
    "With a place: another number creates a new object, perhaps elsewhere.",
    1,
  ),
  url: optionalField(z.string().check(z.minLength(1)), "Another deployment of Assay, called over HTTP."),
  token: optionalField(
    reference(),
    "Bearer token of its /v1/rounds; the same reference in both copies of the config.",
  ),
});

/** Where Assay probes from. */
export const regionGrammar = map({
  id: plainId().check(z.describe("Unique.")),
  quorum: optionalField(quorum(), "How its probers' votes become the region's vote."),
  probers: list(prober, 50).check(
    z.describe("Each has a place, a url, or neither (this process)."),
  ),
});
