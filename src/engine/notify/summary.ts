/** Describes an incident and its quorum in one sentence for on-call engineers. */
import type { Quorum, Rule } from "../../config/config.ts";
import type { Change, Family, Incident, Kind } from "../../judgement/incident.ts";
import type { QuorumOutcome } from "../../judgement/quorum.ts";
import type { IncidentComment } from "../../storage/records/comments.ts";
import { isServing } from "../../evidence/report/merge.ts";
import type { LastRound } from "../../judgement/state.ts";
import { openingFact } from "../../judgement/notes.ts";
import { OWN_TARGET } from "../../judgement/own_incident.ts";
import { isFailed, isPoor } from "../../judgement/words.ts";
import type { EventDecision } from "./event.ts";
import { clip } from "./truncate.ts";
import { formatSpan } from "../../base/time.ts";

/** The parts of a sentence. `subject` names target, check and region. */
export interface SummaryInput {
  subject: string;
  incident: Incident;
  change: Change | "acknowledged";
  decision: Pick<EventDecision, "outcome" | "over" | "votes" | "counts">;
  /** Absent if the check has left the config. */
  quorum?: Quorum;
  /** The latest evidence of the probers that decided. */
  witnesses: LastRound[];
  /** Who acknowledged the incident. */
  acknowledgement?: Pick<IncidentComment, "by" | "text">;
  /** Name of the target whose outage caused it. */
  cause?: string;
  /** Which voters held a service incident open until now, as text. */
  hold?: string;
}

/** ": revision is 41 in eu but 42 in us". */
function factOf(incident: Incident): string {
  const fact = openingFact(incident);
  return fact ? `: ${fact}` : "";
}
const NAME = { chars: 200, items: 1 };
const COMMENT = { chars: 300, items: 1 };

/** Kinds that votes decide: the predicate of the sentence, and which votes agree. */
const KINDS: Record<Exclude<Kind, keyof typeof UNVOTED>, {
  says: string;
  agrees(vote: QuorumOutcome): boolean;
}> = {
  drift: { says: "says ready but its journey fails", agrees: (vote) => vote === "drift" },
  outage: { says: "fails its journey", agrees: isFailed },
  underclaim: {
    says: "says it is not ready but its journey passes",
    agrees: (vote) => vote === "underclaim",
  },
  unreported: {
    says: "passes its journey but gives no readable health report",
    agrees: (vote) => vote === "unreported" || vote === "underclaim",
  },
  degraded: {
    says: "is degraded (slow, or failing in part)",
    agrees: (vote) => isPoor(vote) || isFailed(vote),
  },
  region: { says: "fails its journey, and the other regions do not agree", agrees: isFailed },
};

/** Kinds that votes do not decide. */
const UNVOTED = {
  blind: (input: SummaryInput) => ` cannot be judged: ${turnoutOf(input)}`,
  contradiction: ({ witnesses }: SummaryInput) =>
    ` contradicts itself in its health report${detailOf(witnesses, "contradiction")}`,
  divergence: ({ incident }: SummaryInput) => ` shows values that do not agree${factOf(incident)}`,
  partial: ({ incident }: SummaryInput) =>
    `: part of the requests fail: ${openingFact(incident) ?? "some"} from every region`,
  prober: ({ incident }: SummaryInput) => ` has brought nothing for ${openingFact(incident) ?? "a while"}`,
  certificate: ({ incident }: SummaryInput) =>
    ` has a certificate that ends ${openingFact(incident) ?? "soon"}`,
  delivery: ({ incident }: SummaryInput) => ` fails: ${openingFact(incident)}`,
  capacity: ({ incident }: SummaryInput) => ` is short: ${openingFact(incident)}`,
  schedule: ({ incident }: SummaryInput) => ` lags: ${openingFact(incident)}`,
} satisfies Partial<Record<Kind, (input: SummaryInput) => string>>;

/** The predicate of an outage whose regions all agree on one verdict. */
const OUTAGES: Partial<Record<QuorumOutcome, string>> = {
  not_ready: "says it is not ready, and its journey fails",
  down: "does not answer its health check, and its journey fails",
};

const RECOVERED: Record<Exclude<Family, "advisory">, string> & Partial<Record<Kind, string>> = {
  service: "has recovered",
  quality: "is ready again",
  evidence: "can be judged again",
  claim: "no longer contradicts itself in its health report",
  agreement: "shows values that agree again",
  region: "passes its journey again",
  partial: "no longer fails in part",
  prober: "brings something again",
  certificate: "has a certificate that is no longer about to end",
  delivery: "works again",
  capacity: "suffices again",
  schedule: "is kept again",
};

/** One sentence: what is wrong (or over), who agrees, what was seen, and which outage caused it. */
export function summary(input: SummaryInput): string {
  const { cause, change } = input;
  if (cause === undefined) return factsOf(input);
  const began = change === "opened" ? "began " : change === "resolved" ? "was " : "";
  return `${factsOf(input)}; ${began}because of ${clip(cause, { chars: 100, items: 1 })}`;
}

function factsOf(input: SummaryInput): string {
  const { subject, incident: { kind, reason }, change } = input;
  if (reason === "removed") return `${subject} has left the configuration: its incident (${kind}) is closed`;
  if (change === "resolved") return recovery(input);
  if (change === "acknowledged") return acknowledged(input);
  const verb = `${subject}${change === "updated" ? " now" : ""}`;
  if (kind in UNVOTED) return verb + UNVOTED[kind as keyof typeof UNVOTED](input);
  const { says, agrees } = KINDS[kind as keyof typeof KINDS];
  const { outcome, over, votes, counts } = input.decision;
  const yes = Object.values(votes).filter(agrees).length;
  const silent = counts.pending > 0 ? `, ${counts.pending} not reporting` : "";
  const phrase = kind === "outage" ? OUTAGES[outcome] ?? says : says;
  const voters = countOf(counts.reporting, over);
  const fact = change === "opened" && openingFact(input.incident);
  const confirmed = fact ? `, ${fact}` : "";
  const seen = `${detailOf(input.witnesses, kind)}${caveatOf(input.witnesses)}`;
  return `${verb} ${phrase}: ${yes} of ${voters} ${
    counts.reporting === 1 ? "agrees" : "agree"
  }${confirmed}${silent}${seen}`;
}

function acknowledged({ subject, incident: { kind }, acknowledgement }: SummaryInput): string {
  const { by = "somebody", text } = acknowledgement ?? {};
  return `${subject} (${kind}) is acknowledged by ${clip(by, NAME)}${text ? `: ${clip(text, COMMENT)}` : ""}`;
}

function recovery({ subject, incident, decision: { over, counts }, hold }: SummaryInput): string {
  const { family, kind, openedAt, resolvedAt = openedAt, reason } = incident;
  const words = reason === "idle"
    ? "has nothing left to send"
    : RECOVERED[kind] ?? RECOVERED[family as Exclude<Family, "advisory">];
  const ended = `${subject} ${words} after ${formatSpan(resolvedAt - openedAt)}`;
  if (family !== "service") return ended;
  const held = hold ? `; it was ${hold}` : "";
  return `${ended}: its journey passes in ${counts.good} of ${countOf(counts.reporting, over)}${held}`;
}

function turnoutOf({ decision: { over, votes, counts }, quorum }: SummaryInput): string {
  const all = countOf(Object.keys(votes).length, over);
  return `${counts.reporting} of ${all} reporting, at least ${quorum?.minReporting ?? 1} needed`;
}

/** The newest detail relevant to this kind, in brackets. */
function detailOf(witnesses: LastRound[], kind: Kind): string {
  const newest = [...witnesses].sort((a, b) => b.slot - a.slot);
  const detail = newest.map((witness) => relevantDetail(witness, kind)).find((text) => text);
  return detail ? ` (${clip(detail, { chars: 200, items: 1 })})` : "";
}

/** The reason in the newest claim that still counts as serving. */
function caveatOf(witnesses: LastRound[]): string {
  const newest = [...witnesses].sort((a, b) => b.slot - a.slot);
  const claim = newest.map(({ before, after }) => after ?? before).find((claim) =>
    claim?.reason && isServing(claim.state)
  );
  return claim ? `; ${claim.reason}` : "";
}

function relevantDetail({ failure, before, after }: LastRound, kind: Kind): string | undefined {
  if (kind === "contradiction") return (after ?? before)?.contradictions?.[0] ?? before?.contradictions?.[0];
  if (kind === "unreported") return (after ?? before)?.reason;
  if (kind === "drift" || kind === "outage" || kind === "region") {
    return failure && `${failure.step}: ${failure.detail}`;
  }
  return undefined;
}

/** The rule that decided: "a majority of the 3 regions reporting, at least 2 must report". */
export function describeRule(
  { incident: { target, family, reason }, change, decision, quorum }: Omit<SummaryInput, "witnesses">,
): string {
  if (target === OWN_TARGET) return "none: it is about Assay itself";
  if (reason === "removed") return "none: it has left the configuration";
  if (family === "advisory" || family === "agreement" || family === "certificate") {
    return "none: it is part of no outcome";
  }
  if (!quorum) return "none: it has left the configuration";
  const { counts, over: what, votes } = decision;
  const over = change === "resolved";
  const floor = `at least ${quorum.minReporting} must report`;
  if (family === "evidence") {
    const needed = `at least ${quorum.minReporting} of ${countOf(Object.keys(votes).length, what)}`;
    return over ? `${needed} must report` : `${needed} must report, and fewer did for five periods`;
  }
  const claim = over ? ENDS[family] : OPENS[family];
  if (Object.keys(votes).length === 1) return `the only ${what.slice(0, -1)}${claim}`;
  const crowd = `${shareOf(over ? quorum.resolve : quorum.open)} the ${
    countOf(counts.reporting, what)
  } reporting`;
  return `${crowd}${claim}, ${floor}`;
}

/** What the counted votes must say, where the family does not make it obvious. */
const OPENS = { service: "", quality: "", claim: " see the contradiction" };
const ENDS = { service: " not failing (and at most half failing)", quality: " ready", claim: " see none" };

function shareOf(rule: Rule): string {
  if (rule === "majority") return "a majority of";
  if (rule === "all") return "all of";
  if (rule === "any") return "any one of";
  if ("atLeast" in rule) return `at least ${rule.atLeast} of`;
  return `at least ${Math.round(rule.fraction * 100)} % of`;
}

const countOf = (n: number, what: "regions" | "probers") => `${n} ${n === 1 ? what.slice(0, -1) : what}`;
