/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The page of one incident. */
import type { commentView } from "../api/views/status.ts";
import { admissionLag } from "../../judgement/admission.ts";
import type { Incident } from "../../judgement/incident.ts";
import { type IncidentComment, MAX_COMMENTS } from "../../storage/records/comments.ts";
import { OWN_TARGET, ownSubject } from "../../judgement/own_incident.ts";
import type { WebhookEvent } from "../../engine/notify/mod.ts";
import type { Deployment } from "../../storage/records/deployments.ts";
import type { Delivery } from "../../storage/store.ts";
import { FailedBesideGood, type IncidentLanes, NoticeEvidence, WhoSawWhat } from "./incident_evidence.tsx";
import { Name, Time } from "./layout.tsx";
import { type CheckView, withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";
import { formatSpan } from "../../base/time.ts";

/** Who acknowledged it, and when. */
export const Taken = ({ by }: { by: Pick<IncidentComment, "at" | "by"> | undefined }) =>
  by && (
    <>
      , acknowledged by <Name>{by.by}</Name>, <Time at={by.at} minute />
    </>
  );

/** Title of an incident: "Shop / orders: drift in fra", or "prober sin" for Assay's own. */
export const titleOf = (incident: Incident, name = incident.target): string => {
  const { check, kind, scope } = incident;
  return ownSubject(incident) ??
    `${ellipsize(name, 80)} / ${check}: ${kind}${scope === "global" ? "" : ` in ${scope}`}`;
};

/** All data of the page. */
export interface IncidentData extends IncidentLanes {
  incident: Incident;
  nowMs: number;
  comments: ReturnType<typeof commentView>[];
  /** The acknowledgement of the current episode. */
  taken?: IncidentComment;
  deliveries: Delivery[];
  /** Deployments from a day before it until its end. */
  deployments: readonly Deployment[];
  /** Start of the run of failed or flawed slots that led to it, epoch ms. */
  badSince?: number;
  /** Whether the reader may acknowledge and comment. */
  operate: boolean;
}

/** Events whose notices describe the failure. */
const FAILURE_EVENTS = ["incident.opened", "incident.updated"];

/** The newest notice about the failure; undefined if there is no notice. */
export function newestNotice(
  { deliveries }: Pick<IncidentData, "deliveries">,
): WebhookEvent["data"] | undefined {
  const newest = deliveries.find(({ type }) => FAILURE_EVENTS.includes(type)) ?? deliveries[0];
  return newest && (JSON.parse(newest.body) as WebhookEvent).data;
}

/** The summary of the `incident.resolved` notice, if there is one. */
function resolvedSummary({ deliveries }: Pick<IncidentData, "deliveries">): string | undefined {
  const found = deliveries.find(({ type }) => type === "incident.resolved");
  return found && (JSON.parse(found.body) as WebhookEvent).data.summary;
}

/**
 * The page of an incident. `notes` are further facts in words; `view` is its check, if still in the config.
 */
export function IncidentPage(
  { title, data, notes, view, announcement }: {
    title: string;
    data: IncidentData;
    notes: readonly string[];
    view?: CheckView;
    /** The public announcement, or a draft of one; absent if the incident is not public. */
    announcement?: string;
  },
) {
  const { incident, comments, operate } = data;
  const notice = newestNotice(data);
  const isOpen = incident.state === "open";
  const isOurs = incident.target === OWN_TARGET;
  const maySay = operate && comments.length < MAX_COMMENTS;
  return (
    <>
      <h1>
        <Name>{title}</Name>
      </h1>
      <Summary data={data} notice={notice} notes={notes} />
      {maySay && <Acknowledge id={incident.id} open={isOpen && !data.taken} />}
      {maySay && announcement !== undefined && (
        <details class="evidence" id="public">
          <summary>Public announcement</summary>
          <TextForm
            id={incident.id}
            verb="announcements"
            label="Text for the public page"
            text={announcement}
          />
        </details>
      )}
      <div id="evidence" data-live>
        {data.lanes.length > 0 && (
          <WhoSawWhat data={data} path={view && `/targets/${incident.target}/checks/${incident.check}`} />
        )}
        {notice && !isOurs && <Votes {...notice.decision} />}
        {isOpen && view
          ? <FailedBesideGood view={view} />
          : notice && <NoticeEvidence evidence={notice.evidence} />}
      </div>
      <h2>Timeline, newest first</h2>
      {maySay && <TextForm id={incident.id} verb="comments" label="Comment" />}
      <div id="timeline" data-live>
        <ol class="timeline">
          {timelineOf(data).map(({ at, text, bad }) => (
            <li class={bad ? "bad" : undefined}>
              <Time at={at} /> {text}
            </li>
          ))}
        </ol>
        <Notices deliveries={data.deliveries} />
      </div>
    </>
  );
}

type Notice = ReturnType<typeof newestNotice>;

/** What happened, in sentences. */
function Summary(
  { data, notice, notes }: { data: IncidentData; notice: Notice; notes: readonly string[] },
) {
  const { incident } = data;
  const over = incident.state === "open" ? undefined : resolvedSummary(data);
  return (
    <div id="incident" data-live>
      <StatusLine data={data} />
      {over && (
        <p class="lead">
          <Name most={600}>{over}</Name>
        </p>
      )}
      {notice && (
        <p class={over ? undefined : "lead"}>
          {over && "Last state: "}
          <Name most={600}>{notice.summary}</Name>
        </p>
      )}
      {incident.cause && (
        <p>
          <a href={`/incidents/${incident.cause.incident}`}>
            Caused by the outage of {incident.cause.target}
          </a>
        </p>
      )}
      {incident.statusPage && <p>{admissionText(incident)}</p>}
      {notes.map((note) => (
        <p class="legend">
          <Name most={300}>{note}</Name>
        </p>
      ))}
    </div>
  );
}

/** State, severity, start, end and acknowledgement. */
function StatusLine({ data: { incident, nowMs, taken } }: { data: IncidentData }) {
  const { target, severity, episode, openedAt, resolvedAt } = incident;
  return (
    <p>
      <StatePill incident={incident} nowMs={nowMs} /> {severity}
      {episode > 1 && `, episode ${episode}`}. <Time at={openedAt} /> to{" "}
      {resolvedAt === undefined ? "now" : <Time at={resolvedAt} />}
      <Taken by={taken} />.{" "}
      {target !== OWN_TARGET && <a href={`/targets/${target}`}>Current state of the target</a>}
    </p>
  );
}

/** State and duration. */
export function StatePill(
  { incident: { kind, state, openedAt, resolvedAt }, nowMs }: { incident: Incident; nowMs: number },
) {
  return (
    <b class={`pill word ${state === "open" ? openTone(kind) : "ready"}`}>
      {state}
      {` \u00b7 ${formatSpan((resolvedAt ?? nowMs) - openedAt)}`}
    </b>
  );
}

/** Colour class of an open incident by kind; other kinds are warnings. */
const TONES: Partial<Record<Incident["kind"], string>> = { drift: "drift", outage: "failing" };
/** The colour class of an open incident. */
export const openTone = (kind: Incident["kind"]): string => TONES[kind] ?? "degraded";

/** How late the check's public status page admitted it. */
function admissionText(incident: Incident): string {
  const lagMs = admissionLag(incident);
  if (lagMs === undefined) {
    return incident.state === "open"
      ? "Its status page has not admitted it."
      : "It was over before its status page admitted it.";
  }
  return lagMs === 0
    ? "Its status page admitted it at once."
    : `Its status page admitted it ${formatSpan(lagMs)} later.`;
}

function Votes({ outcome, rule, votes }: WebhookEvent["data"]["decision"]) {
  return (
    <p class="strip">
      <b class={outcome}>{withSpaces(outcome)}</b> {rule}:{" "}
      {Object.entries(votes).map(([region, vote]) => <span class={vote}>{region} {withSpaces(vote)}</span>)}
    </p>
  );
}

interface TimelineItem {
  at: number;
  text: string;
  bad?: boolean;
}

/** Verb for each kind of comment. */
const VERBS = { comment: "said", acknowledged: "acknowledged", announcement: "announced" } as const;

/** All events of the incident, newest first. */
function timelineOf({ incident, comments, deployments, badSince }: IncidentData): TimelineItem[] {
  const commentItems = comments.map(({ at, kind, by, text }) => ({
    at: Date.parse(at!),
    text: `${by} ${VERBS[kind]}${text ? `: ${text}` : ""}`,
  }));
  const steps = incident.timeline.map(({ at, change, kind, outcome, reason }) => ({
    at,
    text: `${change}: ${
      [kind, ...(outcome === kind ? [] : [withSpaces(outcome)]), ...(reason ? [reason] : [])].join(", ")
    }`,
    bad: change !== "resolved",
  }));
  const rolloutItems = deployments.map(({ at, version, environment, source }) => ({
    at,
    text: `deployment ${
      [ellipsize(version ?? ""), ellipsize(environment ?? ""), `from ${source}`].filter(Boolean).join(", ")
    }`,
  }));
  const first = badSince === undefined ? [] : [{
    at: badSince,
    text: `first ${incident.family === "quality" ? "flawed" : "failed"} slot`,
    bad: true,
  }];
  return [...first, ...steps, ...commentItems, ...rolloutItems].sort((a, b) => b.at - a.at);
}

/** A summary of the notices, which expands to a list. It is open if a notice is dead. */
function Notices({ deliveries }: { deliveries: Delivery[] }) {
  if (deliveries.length === 0) return <p>No notices: no webhook receives this event.</p>;
  const counts = [...Map.groupBy(deliveries, ({ state }) => state)].map(([state, all]) =>
    `${all.length} ${state}`
  );
  return (
    <details id="notices" open={deliveries.some(({ state }) => state === "dead")}>
      <summary>Notices: {counts.join(", ")}</summary>
      <ul>
        {deliveries.map(({ webhook, type, state, attempts, lastStatus, lastError, createdAt }) => (
          <li class={state === "dead" ? "bad" : undefined}>
            <Time at={createdAt} /> {type} to {webhook}: <b>{state}</b>
            {attempts > 0 && ` after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}`}
            {lastStatus !== undefined && `, HTTP ${lastStatus}`}
            {lastError && state !== "delivered" && (
              <>
                , <Name>{lastError}</Name>
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The button; gone once the incident is acknowledged or resolved. */
const Acknowledge = ({ id, open }: { id: string; open: boolean }) => (
  <div id="ack" data-live>
    {open && (
      <form class="action" method="post" action={`/incidents/${id}/acknowledge`}>
        <button id="acknowledge" class="primary" type="submit">Acknowledge</button>
      </form>
    )}
  </div>
);

const TextForm = ({ id, verb, label, text }: { id: string; verb: string; label: string; text?: string }) => (
  <form class="action" method="post" action={`/incidents/${id}/${verb}`}>
    <label>
      {label} <textarea name="text" rows={2} maxlength={4000} required>{text}</textarea>
    </label>
    <button type="submit">{verb === "comments" ? "Comment" : "Publish"}</button>
  </form>
);
