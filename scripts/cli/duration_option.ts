import { InvalidArgumentError } from "commander";
import { meantDuration, parseDuration } from "../../src/config/schema/duration.ts";

/** A parser for an option's duration, in ms. It refuses less than `least`. A bare number means the example's unit. */
export const durationFrom = (least: "0ms" | "1ms", example: string) => (text: string): number => {
  const ms = parseDuration(text);
  if (ms >= parseDuration(least)) return ms;
  const meant = meantDuration(/^\d+$/.test(text) ? text + example.replace(/\d+/, "") : text, least);
  throw new InvalidArgumentError(
    `Not a duration, such as ${example}.${meant ? ` Did you mean ${meant}?` : ""}`,
  );
};
