import { closest } from "../base/closest.ts";
import { zoneNames, zoneOf } from "../base/zone.ts";
import type { Finding } from "./problem.ts";

/** Why this is not a time zone; undefined if it is one. */
export function zoneFault(zone: string | undefined): Omit<Finding, "path"> | undefined {
  if (zone === undefined || zoneOf(zone)) return undefined;
  const suggestion = closest(zone, zoneNames());
  const expected = "a name of the IANA database, such as Europe/Berlin";
  return { message: "unknown time zone", expected, found: zone, suggestion };
}
