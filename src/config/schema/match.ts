/** Matchers of silences and routes. */
import * as z from "../../base/zod.ts";
import { list, optionalField } from "./fields.ts";

/** A glob over ids. */
export const glob = z.string().check(z.minLength(1), z.maxLength(200));

/** One glob, or several. */
export const globs = z.union([glob, list(glob, 100)]);

/** Globs that select checks. */
export const matchFields = {
  target: optionalField(globs, "Globs over target ids."),
  check: optionalField(globs, "Globs over check ids."),
  labels: optionalField(
    z.record(z.string().check(z.minLength(1)), globs),
    "Globs over the values of a target's labels.",
  ),
};
