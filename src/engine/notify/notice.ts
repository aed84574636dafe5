import type { Check, Config, Quorum } from "../../config/config.ts";
import type { Incident, Transition } from "../../judgement/incident.ts";
import type { QuorumOutcome } from "../../judgement/quorum.ts";
import type { CheckState, ProberState } from "../../judgement/state.ts";
import type { IncidentComment } from "../../storage/records/comments.ts";
import type { NewNotice } from "../../storage/store.ts";
import { iso, MINUTE_MS } from "../../base/time.ts";
import { isFailed, isUnjudged } from "../../judgement/words.ts";
import type { EventDecision, WebhookEvent } from "./event.ts";
import { evidence } from "./evidence.ts";
import { describeHold } from "../../judgement/notes.ts";
import { OWN_TARGET, ownSubject } from "../../judgement/own_incident.ts";
import { clip, truncate } from "./truncate.ts";
import { describeRule, summary, type SummaryInput } from "./summary.ts";
import { matches } from "../../base/glob.ts";
import { reminderAt } from "./reminder.ts";
import { type Routed, routedIncident } from "./route.ts";

/** The check and slot of a transition. `check` and `state` are absent if the check has left the config. */
export interface NoticeContext {
  check?: Check;
  state?: CheckState;
  /** The state before the transition. */
  before?: CheckState;
  config: Config;
  /** Epoch ms. */
  slot: number;
}

/** A change of an incident to announce: a transition or an acknowledgement. */
export interface Announcement {
  incident: Incident;
  change: Transition["change"] | "acknowledged";
  acknowledgement?: IncidentComment;
}

/** The notices of one change: one for each webhook that subscribes to its event, all with the same body. */
export function notices(announcement: Announcement, context: NoticeContext): NewNotice[] {
  const { incident, change } = announcement;
  const { config, check, slot } = context;
  const type = `incident.${change}` as const;
  const byWebhook = routedIncident(config, incident, check?.target.labels ?? {});
  const wanted = config.webhooks.flatMap(({ id, events }) => {
    const one = byWebhook.get(id);
    return one && isDue(announcement, one, slot) && events.some((glob) => matches(glob, type)) ? [one] : [];
  });
  if (wanted.length === 0) return [];
  const body = truncate(eventOf(announcement, context));
  // Two judgements may share an instant: a number keeps the ids of their notices apart.
  const count =
    incident.timeline.filter((entry) => entry.at === context.slot && entry.change === change).length;
  const instant = count > 1 ? [context.slot, count] : [context.slot];
  return wanted.flatMap(({ webhook, after, repeatMs }) => {
    const later = after !== undefined && change === "opened" ? slot + after : undefined;
    const notice: NewNotice = {
      id: [incident.id, incident.episode, change, ...instant, webhook].map(encodeIdPart).join("_"),
      webhook,
      incident: incident.id,
      episode: incident.episode,
      type,
      body,
      createdAt: later ?? slot,
      ...(later !== undefined && { notBefore: later }),
    };
    return repeatMs === undefined || change !== "opened"
      ? [notice]
      : [notice, reminderAt(notice, notice.createdAt + repeatMs)];
  });
}

/**
 * Clocks differ, so a delayed opening may already be in flight: within this margin, queue the resolution too.
 */
const MARGIN_MS = 2 * MINUTE_MS;

/**
 * Whether to queue a change: a delayed webhook gets no resolution or acknowledgement that precedes its
 * opening.
 */
function isDue({ incident: { openedAt }, change }: Announcement, { after }: Routed, slot: number): boolean {
  const isEnd = change === "resolved" || change === "acknowledged";
  return after === undefined || !isEnd || slot + MARGIN_MS >= openedAt + after;
}

/**
 * Keeps letters and digits and encodes other bytes as `-XX`: unambiguous, and free of the `_` that joins
 * parts.
 */
function encodeIdPart(part: string | number): string {
  return String(part).replace(/[^A-Za-z0-9]/gu, (char) =>
    [...new TextEncoder().encode(char)]
      .map((byte) => `-${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""));
}

function eventOf({ incident, change, acknowledgement }: Announcement, context: NoticeContext): WebhookEvent {
  const { check, state, config, slot } = context;
  const { quorum, ...votes } = votesOf(incident, context);
  const name = check?.target.name ?? incident.target;
  const checkId = check?.id ?? incident.check;
  const subject = ownSubject(incident) ?? [
    clip(name, { chars: 100, items: 1 }),
    checkId !== "default" && ` / ${checkId}`,
    incident.scope !== "global" && ` in ${incident.scope}`,
  ].filter(Boolean).join("");
  const byRegion = state ? evidence({ config, check, state, slot, scope: incident.scope }) : {};
  const witnesses = Object.values(byRegion).flatMap((probers) => Object.keys(probers))
    .flatMap((id) => state?.probers[id]?.witness ?? []);
  const hold = describeHold(context.before?.scopes[incident.scope]?.heldBy ?? [], slot);
  const cause = incident.cause && {
    ...incident.cause,
    name: config.targets.find(({ id }) => id === incident.cause?.target)?.name ?? incident.cause.target,
  };
  const input: SummaryInput = {
    ...{ subject, incident, change, decision: votes, quorum, witnesses, hold, cause: cause?.name },
    acknowledgement,
  };
  return {
    type: `incident.${change}`,
    timestamp: iso(slot),
    data: {
      incident: incidentData(incident),
      target: { id: incident.target, name, labels: check?.target.labels ?? {} },
      check: { id: checkId, contract: check?.contract },
      ...(cause && { cause }),
      summary: summary(input),
      decision: { ...votes, rule: describeRule(input) },
      evidence: byRegion,
      ...(acknowledgement && { acknowledgement: acknowledgementOf(acknowledgement) }),
      links: linksOf(incident, config.publicUrl),
    },
  };
}

/** An incident as events contain it. */
export function incidentData(incident: Incident): WebhookEvent["data"]["incident"] {
  const { id, episode, family, kind, severity, state, scope, openedAt, resolvedAt, reason } = incident;
  return {
    ...{ id, episode, family, kind, severity, state, scope, reason },
    openedAt: iso(openedAt),
    ...(resolvedAt !== undefined && {
      resolvedAt: iso(resolvedAt),
      durationMs: Math.max(0, resolvedAt - openedAt),
    }),
  };
}

const acknowledgementOf = ({ at, by, text }: IncidentComment) => ({
  at: iso(at),
  by: clip(by, { chars: 200, items: 1 }),
  ...(text && { text: clip(text, { chars: 500, items: 1 }) }),
});

function linksOf(
  { id, target }: Incident,
  publicUrl: string | undefined,
): Record<string, string> | undefined {
  if (!publicUrl) return undefined;
  const api = `${publicUrl.replace(/\/+$/, "")}/v1`;
  return {
    page: incidentUrl(publicUrl, id),
    api: incidentUrl(api, id),
    ...(target !== OWN_TARGET && { target: `${api}/targets/${encodeURIComponent(target)}` }),
  };
}

/** URL of an incident below the base URL of the page or the API. */
export const incidentUrl = (base: string, id: string): string =>
  `${base.replace(/\/+$/, "")}/incidents/${encodeURIComponent(id)}`;

type Votes = Omit<EventDecision, "rule"> & { quorum?: Quorum };

/** The votes behind the outcome: of the check's regions, or of the probers of the one region that decided. */
function votesOf({ scope, timeline }: Incident, { check, state, config }: NoticeContext): Votes {
  const outcome = timeline.at(-1)!.outcome;
  if (scope === "global") {
    const regions = check ? config.regions : [];
    const votes = regions.map(({ id }) => [id, state?.regions[id]?.outcome ?? "pending"] as const);
    return { outcome, over: "regions", ...countVotes(votes), quorum: check?.quorum };
  }
  const region = config.regions.find(({ id }) => id === scope);
  const votes = (check && region?.probers || []).map(({ id }) => [id, voteOf(state?.probers[id])] as const);
  return { outcome, over: "probers", ...countVotes(votes), quorum: region?.quorum };
}

function voteOf(prober: ProberState | undefined): QuorumOutcome {
  if (!prober || prober.aside || prober.standing.vote === "none") return "pending";
  return prober.standing.vote;
}

function countVotes(votes: (readonly [string, QuorumOutcome])[]): Pick<EventDecision, "votes" | "counts"> {
  const counts = { reporting: 0, bad: 0, good: 0, split: 0, pending: 0 };
  for (const [, vote] of votes) {
    if (vote !== "pending") counts.reporting++;
    counts[isUnjudged(vote) ? vote : isFailed(vote) ? "bad" : "good"]++;
  }
  return { votes: Object.fromEntries(votes), counts };
}
