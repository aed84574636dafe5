/** Every word that Assay judges with, once: types, schemas, gauges, orders and colours derive from these lists. */

/** The journey passed, perhaps slowly. */
export const PASSED = ["ready", "degraded", "underclaim", "unreported"] as const;

/** The journey failed, whatever the service says. */
export const FAILED = ["drift", "not_ready", "down", "failing"] as const;

/** The journey passed, but not all is well: what opens a quality incident. */
export const POOR = [
  "degraded",
  "underclaim",
  "unreported",
] as const satisfies readonly (typeof PASSED)[number][];

/** What counts for or against a target. */
export const CONCLUSIVE = [...PASSED, ...FAILED] as const;

/** What one prober can come to in one slot. */
export const VERDICTS = [...CONCLUSIVE, "inconclusive", "announced"] as const;

/** The same in the history of a slot, where a prober may have brought nothing. */
export const TRACE_VERDICTS = [...VERDICTS, "missing"] as const;

/** What a prober votes; `none` abstains. */
export const VOTES = [...CONCLUSIVE, "none"] as const;

/** An outcome that is no judgement: neither good nor bad. */
export const UNJUDGED = ["split", "pending"] as const;

/** What a quorum can hold. */
export const OUTCOMES = [...CONCLUSIVE, ...UNJUDGED] as const;

/** The same now; `unknown`: its evidence is too old, or there never was any. */
export const CURRENT_OUTCOMES = [...OUTCOMES, "unknown"] as const;

/** The coarse statuses, worst first, which are all that the public sees. */
export const COARSE_STATUSES = ["not_ready", "unknown", "degraded", "ready"] as const;

/** Current outcomes, worst first; missing evidence is worse than poor quality, because it is never green. */
export const WORST_FIRST = [
  "drift",
  "down",
  "not_ready",
  "failing",
  "unknown",
  "pending",
  "split",
  "underclaim",
  "unreported",
  "degraded",
  "ready",
] as const satisfies readonly (typeof CURRENT_OUTCOMES)[number][];

/** Why a prober cannot be believed in a slot. */
export const PROBER_FAULTS = ["suspect", "misplaced"] as const;

/** Why a slot of a prober does not count; `prerequisite`: the check that this one comes after does not hold. */
export const FAULTS = [...PROBER_FAULTS, "prerequisite"] as const;

/** What an incident is about. */
export const INCIDENT_FAMILIES = [
  "service",
  "quality",
  "evidence",
  "claim",
  "agreement",
  "advisory",
  "certificate",
] as const;

/** The parts of Assay that may ail: kinds of its own incidents. */
export const OWN_KINDS = ["delivery", "capacity", "schedule"] as const;

/** The kinds within the families. */
export const INCIDENT_KINDS = [
  "drift",
  "outage",
  "underclaim",
  "unreported",
  "degraded",
  "blind",
  "contradiction",
  "divergence",
  "region",
  "partial",
  "prober",
  "certificate",
  ...OWN_KINDS,
] as const;

/** How loud an incident is. */
export const SEVERITIES = ["critical", "warning", "info"] as const;

/** Whether an incident goes on. */
export const INCIDENT_STATES = ["open", "resolved"] as const;

/** What happens to an incident in one slot. */
export const INCIDENT_CHANGES = ["opened", "updated", "resolved"] as const;

/** The decisions of a gate. */
export const DECISIONS = ["pass", "fail", "inconclusive"] as const;

const isOneOf = <T extends string>(words: readonly T[]) => {
  const known: ReadonlySet<string> = new Set(words);
  return (word: string): word is T => known.has(word);
};

/** Whether the word counts for or against a target, and so is a ballot. */
export const isConclusive: (word: string) => word is (typeof CONCLUSIVE)[number] = isOneOf(CONCLUSIVE);

/** Whether the word says that the journey failed. */
export const isFailed: (word: string) => word is (typeof FAILED)[number] = isOneOf(FAILED);

/** Whether the word says that the journey passed. */
export const isPassed: (word: string) => word is (typeof PASSED)[number] = isOneOf(PASSED);

/** Whether the word says that the journey passed, but not all is well. */
export const isPoor = isOneOf(POOR);

/** Whether the outcome is no judgement. */
export const isUnjudged = isOneOf(UNJUDGED);
