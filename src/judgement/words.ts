/** The vocabulary of the judgement: types, schemas, gauges, orders and colours derive from these lists. */

/** Verdicts of a passed journey, perhaps a slow one. */
export const PASSED = ["ready", "degraded", "underclaim", "unreported"] as const;

/** Verdicts of a failed journey, whatever the service says. */
export const FAILED = ["drift", "not_ready", "down", "failing"] as const;

/** Verdicts of a passed journey with a flaw: they open a quality incident. */
export const POOR = [
  "degraded",
  "underclaim",
  "unreported",
] as const satisfies readonly (typeof PASSED)[number][];

/** Verdicts that count for or against a target. */
export const CONCLUSIVE = [...PASSED, ...FAILED] as const;

/** Every verdict of one prober in one slot. */
export const VERDICTS = [...CONCLUSIVE, "inconclusive", "announced"] as const;

/** Verdicts in the history of a slot, where a prober may have returned nothing. */
export const TRACE_VERDICTS = [...VERDICTS, "missing"] as const;

/** Every vote of a prober; `none` abstains. */
export const VOTES = [...CONCLUSIVE, "none"] as const;

/** Outcomes that are neither good nor bad. */
export const UNJUDGED = ["split", "pending"] as const;

/** Every outcome of a quorum. */
export const OUTCOMES = [...CONCLUSIVE, ...UNJUDGED] as const;

/** Current outcomes; `unknown`: the evidence is too old, or there never was any. */
export const CURRENT_OUTCOMES = [...OUTCOMES, "unknown"] as const;

/** The coarse statuses, worst first; the public sees no others. */
export const COARSE_STATUSES = ["not_ready", "unknown", "degraded", "ready"] as const;

/** Current outcomes, worst first. Missing evidence ranks below poor quality, because it is never green. */
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

/** Why a prober's slot cannot be trusted. */
export const PROBER_FAULTS = ["suspect", "misplaced"] as const;

/** Why a prober's slot does not count; `prerequisite`: the check that this one comes after does not hold. */
export const FAULTS = [...PROBER_FAULTS, "prerequisite"] as const;

/** Incident families. */
export const INCIDENT_FAMILIES = [
  "service",
  "quality",
  "evidence",
  "claim",
  "agreement",
  "advisory",
  "certificate",
] as const;

/** Kinds of incidents about parts of Assay itself. */
export const OWN_KINDS = ["delivery", "capacity", "schedule"] as const;

/** Incident kinds. */
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

/** Severities, most severe first. */
export const SEVERITIES = ["critical", "warning", "info"] as const;

/** Incident states. */
export const INCIDENT_STATES = ["open", "resolved"] as const;

/** How an incident can change in one judgement. */
export const INCIDENT_CHANGES = ["opened", "updated", "resolved"] as const;

/** The decisions of a gate. */
export const DECISIONS = ["pass", "fail", "inconclusive"] as const;

const isOneOf = <T extends string>(words: readonly T[]) => {
  const known: ReadonlySet<string> = new Set(words);
  return (word: string): word is T => known.has(word);
};

/** Whether the word counts for or against a target, and so can be a ballot. */
export const isConclusive: (word: string) => word is (typeof CONCLUSIVE)[number] = isOneOf(CONCLUSIVE);

/** Whether the verdict is one of a failed journey. */
export const isFailed: (word: string) => word is (typeof FAILED)[number] = isOneOf(FAILED);

/** Whether the verdict is one of a passed journey. */
export const isPassed: (word: string) => word is (typeof PASSED)[number] = isOneOf(PASSED);

/** Whether the word says that the journey passed with a flaw. */
export const isPoor = isOneOf(POOR);

/** Whether the outcome is neither good nor bad. */
export const isUnjudged = isOneOf(UNJUDGED);
