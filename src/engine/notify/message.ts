/** The text of an event for human readers. All sinks share it; each applies its own size limits. */
import { oneLine } from "../../base/text.ts";
import { formatSpan } from "../../base/time.ts";
import { isFailed } from "../../judgement/words.ts";
import type { GroupItem, ProberEvidence, WebhookEvent } from "./event.ts";

/** How a message is shown: the severity of an open incident, or its state. */
export type Look = "critical" | "warning" | "info" | "acknowledged" | "resolved";

/** One named line. */
export interface Fact {
  name: string;
  value: string;
}

/** An event as text; every value is plain text on one line. */
export interface Message {
  look: Look;
  /** "CRITICAL: Checkout / write (drift)". */
  title: string;
  /** One sentence. */
  text: string;
  /** The details an on-call engineer needs, most important first. */
  facts: Fact[];
  /** The incident's page, or the overview of several; absent without `publicUrl`. */
  page?: string;
  /** Label of the link to `page`. */
  pageLabel: string;
  /** URL to acknowledge the incident; absent without `page` and where there is nothing to acknowledge. */
  acknowledge?: string;
}

/** Red, amber, grey, blue, green. */
export const COLOURS: Record<Look, string> = {
  critical: "#D92D20",
  warning: "#F79009",
  info: "#667085",
  acknowledged: "#2E90FA",
  resolved: "#12B76A",
};

const TITLE_CHARS = 200;
const TEXT_CHARS = 600;
const VALUE_CHARS = 300;

/** Describes an event as text. */
export function describeEvent({ type, data }: WebhookEvent): Message {
  const { incident: { severity }, summary, links } = data;
  const look = LOOKS[type] ?? severity;
  return {
    look,
    title: oneLine(`${look.toUpperCase()}: ${headOf(data)}`, TITLE_CHARS),
    text: oneLine(summary, TEXT_CHARS),
    facts: (isGroup(data) ? groupFacts(data.group!.items) : factsOf(data)).map(({ name, value }) => ({
      name,
      value: oneLine(value, VALUE_CHARS),
    })),
    page: links?.page,
    pageLabel: isGroup(data) ? "Open the overview" : "Open the incident",
    ...(links?.acknowledge && { acknowledge: links.acknowledge }),
  };
}

const LOOKS: Partial<Record<WebhookEvent["type"], Look>> = {
  "incident.acknowledged": "acknowledged",
  "incident.resolved": "resolved",
};

/** A message as lines of plain text, without the title. */
export const plainLines = ({ text, facts, page, acknowledge }: Message): string[] => [
  text,
  ...facts.map(({ name, value }) => `${name}: ${value}`),
  ...(page ? [page] : []),
  ...(acknowledge ? [`Acknowledge: ${acknowledge}`] : []),
];

type Data = WebhookEvent["data"];

/** The deduplication key for receivers that keep one alert per key. */
export const alertKeyOf = ({ data: { group, incident } }: WebhookEvent): string =>
  group?.alert ?? incident.id;

/** The parts of a subject. */
export interface Subject {
  incident: Pick<Data["incident"], "scope">;
  target: Pick<Data["target"], "name">;
  check: Pick<Data["check"], "id">;
}

/** Target, check and region: "Checkout / write in eu". */
export function subjectText({ incident: { scope }, target, check }: Subject): string {
  const tier = check.id === "default" ? "" : ` / ${check.id}`;
  return `${oneLine(target.name, 100)}${tier}${scope === "global" ? "" : ` in ${scope}`}`;
}

const isGroup = ({ group }: Data) => group !== undefined && group.items.length > 1;

/** "Checkout / write (drift)", "12 incidents: Checkout / write, Search and 10 more". */
function headOf(data: Data): string {
  const items = data.group?.items ?? [];
  return isGroup(data)
    ? `${items.length} incidents: ${namesOf(items, 2)}`
    : `${subjectText(data)} (${data.incident.kind})`;
}

/** The first `most` names of a list, and how many more there are. */
export function namesOf(subjects: readonly Subject[], most: number): string {
  const names = [...new Set(subjects.map(subjectText))];
  const shown = names.slice(0, most);
  if (names.length > most) return `${shown.join(", ")} and ${names.length - most} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown.join("");
}

/** Incidents of a group with their own line. */
const LISTED = 8;
const CHANGES: Record<WebhookEvent["type"], string> = {
  "incident.opened": "Opened",
  "incident.updated": "Changed",
  "incident.acknowledged": "Acknowledged",
  "incident.resolved": "Resolved",
};

function groupFacts(items: readonly GroupItem[]): Fact[] {
  // Names must be unique: some receivers use them as keys.
  const lines = items.slice(0, LISTED).map(({ type, incident: { severity, state }, summary }, i) => ({
    name: `${i + 1}. ${CHANGES[type]}${state === "open" ? ` (${severity})` : ""}`,
    value: summary,
  }));
  const rest = Map.groupBy(items.slice(LISTED), ({ type }) => type);
  const more = [...rest].map(([type, some]) => ({
    name: `${some.length} more ${CHANGES[type].toLowerCase()}`,
    value: namesOf(some, some.length),
  }));
  return [...lines, ...more];
}

function factsOf(data: Data): Fact[] {
  const { incident: { state, openedAt, durationMs }, check, decision, target } = data;
  const since = `${openedAt.slice(0, 16).replace("T", " ")} UTC`;
  const length = durationMs === undefined ? "" : `, for ${formatSpan(durationMs)}`;
  const voters = decision.over === "regions" ? "Regions" : "Probers";
  const labels = Object.entries(target.labels).map(([key, value]) => `${key}=${value}`);
  const facts: [string, string | undefined][] = [
    ["Since", since + length],
    [voters, votesIn(decision.votes)],
    ["Because of", data.cause?.name],
    ...(state === "resolved" ? [] : failureIn(data)),
    ["Ready means", check.contract],
    ["Labels", labels.join(", ")],
  ];
  return facts.flatMap(([name, value]) => value ? [{ name, value }] : []);
}

/** "drift in eu, us; ready in ap". */
function votesIn(votes: Data["decision"]["votes"]): string {
  const byVote = Map.groupBy(Object.entries(votes), ([, vote]) => vote);
  return [...byVote].map(([vote, voters]) => `${vote} in ${voters.map(([voter]) => voter).join(", ")}`).join(
    "; ",
  );
}

/** The newest failure: step, expectation, finding, and the service's own claim. */
function failureIn({ evidence }: Data): [string, string | undefined][] {
  const seen = Object.entries(evidence).flatMap(([region, probers]) =>
    Object.entries(probers).map(([prober, account]) => ({ region, prober, account }))
  );
  const failed = seen.filter(({ account }) => isFailed(account.verdict) && account.observed?.failedStep)
    .toSorted((a, b) => (b.account.slot ?? "").localeCompare(a.account.slot ?? ""))[0];
  const { observed } = failed?.account ?? {};
  if (!failed || !observed) return [];
  const values = Object.entries(observed.values ?? {}).map(([name, value]) => `${name} is ${value}`);
  const { status, note } = observed.steps?.findLast(({ name }) => name === observed.failedStep) ?? {};
  const answered = status ?? note;
  return [
    ["Failed step", `${observed.failedStep} (${failed.prober} in ${failed.region})`],
    ["Asked", observed.request && `${observed.request.method} ${observed.request.url}`],
    ["Expected", observed.expression],
    ["Found", observed.detail ?? values.join(", ")],
    ["Answered", answered === undefined ? undefined : [answered, observed.answer?.excerpt].join(" ").trim()],
    ["Health report", claimIn(failed.account)],
  ];
}

function claimIn({ reported }: ProberEvidence): string | undefined {
  const claim = reported?.after ?? reported?.before;
  if (!claim) return undefined;
  const code = claim.httpStatus === undefined ? "" : ` ${claim.httpStatus}`;
  return `${claim.state}${claim.dialect ? ` (${claim.dialect}${code})` : ""}`;
}
