/** Facts about an incident besides its kind, in words. */
import { iso } from "../base/time.ts";
import type { Incident, Kind } from "./incident.ts";
import type { Holder } from "./state.ts";

/**
 * The fact that the judgement noted at the latest opening: "about 1 in 5", "confirmed 25 s later by 2 of 3".
 */
export const openingFact = ({ timeline }: Pick<Incident, "timeline">): string | undefined =>
  timeline.findLast(({ change }) => change === "opened")?.reason;

/** Kinds whose fact needs a phrase around it. */
const PHRASES: Partial<Record<Kind, (fact: string) => string>> = {
  partial: (share) => `part of the requests fail: ${share} from every region`,
  prober: (span) => `it had brought nothing for ${span}`,
  certificate: (end) => `the certificate ends ${end}`,
};

/** "fra, silent since 10:04": UTC, with the date unless it is that of `at` (epoch ms). */
function describeHolder({ id, silentSince }: Holder, at: number): string {
  const [day, time] = iso(silentSince).split("T") as [string, string];
  const isToday = iso(at).startsWith(day);
  return `${id}, silent since ${isToday ? "" : `${day} `}${time.slice(0, 5)}`;
}

/** "held open by fra, silent since 10:04"; undefined: no prober holds it. `at`: now, epoch ms. */
export function describeHold(heldBy: readonly Holder[], at: number): string | undefined {
  if (heldBy.length === 0) return undefined;
  return `held open by ${heldBy.map((holder) => describeHolder(holder, at)).join("; ")}`;
}

/**
 * The facts about an incident. `heldBy`: the silent voters without whom it would resolve; `at`: now, epoch
 * ms.
 */
export function incidentNotes(incident: Incident, heldBy: readonly Holder[], at: number): string[] {
  const fact = openingFact(incident);
  const phrase = fact && (PHRASES[incident.kind]?.(fact) ?? fact);
  const hold = describeHold(heldBy, at);
  const { cause } = incident;
  return [
    ...(cause ? [`because of ${cause.target}`] : []),
    ...(phrase ? [phrase] : []),
    ...(hold ? [hold] : []),
  ];
}

/** Who holds this incident open; `scopes` are its check's. */
export const holdersOf = (
  { state, family, scope }: Incident,
  scopes: Record<string, { heldBy?: Holder[] }> = {},
): readonly Holder[] => state === "open" && family === "service" ? scopes[scope]?.heldBy ?? [] : [];
