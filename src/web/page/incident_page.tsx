/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/** Incidents: the list, and the one that is sent around. */
import type { commentView } from "../api/views/status.ts";
import { admissionLag } from "../../judgement/admission.ts";
import type { Incident } from "../../judgement/incident.ts";
import { acknowledgementOf, type IncidentComment } from "../../storage/records/comments.ts";
import { OWN_TARGET, ownSubject } from "../../judgement/own_incident.ts";
import type { WebhookEvent } from "../../engine/notify/mod.ts";
import type { Deployment } from "../../storage/records/deployments.ts";
import type { Delivery } from "../../storage/store.ts";
import { LaneChart, type Mark, type Point } from "./chart.tsx";
import { Name, Time } from "./layout.tsx";
import { withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";
import { formatSpan } from "../../base/time.ts";

/** Newest first; `next` is the cursor of the next page. */
export function IncidentList({ incidents, taken, next }: {
  incidents: Incident[];
  /** Acknowledgements by incident. */
  taken: ReadonlyMap<string, IncidentComment[]>;
  next: string | null;
}) {
  return (
    <>
      <h1>Incidents</h1>
      <div id="incidents" data-live>
        {incidents.length === 0 && <p>There are none.</p>}
        <ul class="incidents">
          {incidents.map((incident) => (
            <li class={incident.state}>
              <a href={`/incidents/${incident.id}`}>{titleOf(incident)}</a> <b>{incident.state}</b>,{" "}
              {incident.severity}, <Time at={incident.openedAt} /> {incident.resolvedAt !== undefined &&
                `for ${formatSpan(incident.resolvedAt - incident.openedAt)}`}
              <Taken by={acknowledgementOf(incident, taken.get(incident.id))} />
            </li>
          ))}
        </ul>
      </div>
      {next && (
        <p>
          <a href={`/incidents?before=${encodeURIComponent(next)}`} rel="next">Older</a>
        </p>
      )}
    </>
  );
}

/** Who has taken it on, and when. */
const Taken = ({ by }: { by: Pick<IncidentComment, "at" | "by"> | undefined }) =>
  by && (
    <>
      , acknowledged by <Name>{by.by}</Name>, <Time at={by.at} />
    </>
  );

/** "shop / orders: drift in fra"; "prober sin" of Assay's own. */
export const titleOf = (incident: Incident): string => {
  const { target, check, kind, scope } = incident;
  return ownSubject(incident) ??
    `${target} / ${check}: ${kind}${scope === "global" ? "" : ` in ${scope}`}`;
};

/** One incident and all that belongs to it. */
export interface IncidentData {
  incident: Incident;
  nowMs: number;
  comments: ReturnType<typeof commentView>[];
  /** The acknowledgement that counts. */
  taken?: IncidentComment;
  deliveries: Delivery[];
  /** Those from a day before it until its end. */
  deployments: readonly Deployment[];
  /** Epoch ms of the first slot of the run of slots with a dissenting vote that led to it. */
  dissentAt?: number;
  lanes: { prober: string; points: Point[] }[];
  from: number;
  to: number;
  stepMs: number;
  marks: Mark[];
  /** Who reads may also act. */
  operate: boolean;
}

/** Events that say what is wrong. */
const TELLING = ["incident.opened", "incident.updated"];

/** What the newest notice said of it; undefined if none was made. */
export function newestNotice(
  { deliveries }: Pick<IncidentData, "deliveries">,
): WebhookEvent["data"] | undefined {
  const newest = deliveries.find(({ type }) => TELLING.includes(type)) ?? deliveries[0];
  return newest && (JSON.parse(newest.body) as WebhookEvent).data;
}

/** The page of an incident; `notes` are what is known of it now, in words. */
export function IncidentPage({ data, notes }: { data: IncidentData; notes: readonly string[] }) {
  const { incident, nowMs, comments, operate } = data;
  const { id, openedAt, resolvedAt, episode, severity, state } = incident;
  const notice = newestNotice(data);
  const isOpen = state === "open";
  return (
    <>
      <h1>{titleOf(incident)}</h1>
      <div id="incident" data-live>
        <p class={isOpen ? "bad" : undefined}>
          <b>{state}</b>, {severity}, episode {episode}. <Time at={openedAt} /> to{" "}
          {resolvedAt === undefined ? "now" : <Time at={resolvedAt} />}:{" "}
          {formatSpan((resolvedAt ?? nowMs) - openedAt)}
          <Taken by={data.taken} />.{" "}
          {incident.target !== OWN_TARGET && <a href={`/targets/${incident.target}`}>The target now</a>}
        </p>
        {notice && (
          <p class="lead">
            <Name most={600}>{notice.summary}</Name>
          </p>
        )}
        {incident.cause && (
          <p>
            <a href={`/incidents/${incident.cause.incident}`}>The outage of {incident.cause.target}</a>
          </p>
        )}
        {incident.statusPage && <p>{admissionText(incident)}</p>}
        {notes.map((note) => (
          <p>
            <Name most={300}>{note}</Name>
          </p>
        ))}
        {notice && <Votes {...notice.decision} />}
        {data.lanes.length > 0 && <Evidence data={data} />}
        <h2>Timeline</h2>
        <ol class="timeline">
          {timelineOf(data).map(({ at, text, bad }) => (
            <li class={bad ? "bad" : undefined}>
              <Time at={at} /> {text}
            </li>
          ))}
        </ol>
        <Notices deliveries={data.deliveries} />
      </div>
      {operate && comments.length < 200 && (
        <ActionForms id={id} open={isOpen} taken={data.taken !== undefined} />
      )}
    </>
  );
}

/** How late the check's public status page was. */
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
    <>
      <h2>Votes</h2>
      <p>{withSpaces(outcome)}: {rule}.</p>
      <ul class="strip">
        {Object.entries(votes).map(([region, vote]) => <li class={vote}>{region} {withSpaces(vote)}</li>)}
      </ul>
    </>
  );
}

function Evidence({ data: { lanes, from, to, stepMs, marks } }: { data: IncidentData }) {
  return (
    <>
      <h2>
        Claim against proof, <Time at={from} short /> to <Time at={to} short />
      </h2>
      {lanes.map(({ prober, points }) => (
        <figure class="lane">
          <figcaption>{prober}</figcaption>
          <div aria-hidden="true">
            <span>says</span>
            <span>does</span>
          </div>
          <LaneChart
            points={points}
            from={from}
            to={to}
            stepMs={stepMs}
            marks={marks}
            label={`${prober}: ${
              points.filter(({ says, does }) => says && does === false).length
            } slots overclaim`}
          />
        </figure>
      ))}
    </>
  );
}

interface TimelineItem {
  at: number;
  text: string;
  bad?: boolean;
}

/** All that happened, in order. */
function timelineOf({ incident, comments, deployments, dissentAt }: IncidentData): TimelineItem[] {
  const commentItems = comments.map(({ at, kind, by, text }) => ({
    at: Date.parse(at!),
    text: `${by} ${kind === "comment" ? "said" : "acknowledged"}${text ? `: ${text}` : ""}`,
  }));
  const steps = incident.timeline.map(({ at, change, kind, outcome, reason }) => ({
    at,
    text: `${change}: ${kind} (${withSpaces(outcome)}${reason ? `, ${reason}` : ""})`,
    bad: change !== "resolved",
  }));
  const rolloutItems = deployments.map(({ at, version, environment, source }) => ({
    at,
    text: `deployment ${
      [ellipsize(version ?? ""), ellipsize(environment ?? ""), `told by ${source}`].filter(Boolean).join(", ")
    }`,
  }));
  const first = dissentAt === undefined ? [] : [{ at: dissentAt, text: "first dissenting vote", bad: true }];
  return [...first, ...steps, ...commentItems, ...rolloutItems].sort((a, b) => a.at - b.at);
}

function Notices({ deliveries }: { deliveries: Delivery[] }) {
  if (deliveries.length === 0) return <p>No notice was made: no webhook takes this event.</p>;
  return (
    <>
      <h2>Notices</h2>
      <ul>
        {deliveries.toReversed().map((
          { webhook, type, state, attempts, lastStatus, lastError, createdAt },
        ) => (
          <li class={state === "dead" ? "bad" : undefined}>
            <Time at={createdAt} /> {type} to {webhook}: <b>{state}</b> after {attempts}{" "}
            {attempts === 1 ? "attempt" : "attempts"}
            {lastStatus !== undefined && `, HTTP ${lastStatus}`}
            {lastError && state !== "delivered" && (
              <>
                , <Name>{lastError}</Name>
              </>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function ActionForms({ id, open, taken }: { id: string; open: boolean; taken: boolean }) {
  const what = (
    <label>
      Comment <textarea name="text" rows={2} maxlength={4000} required />
    </label>
  );
  return (
    <>
      <div id="ack" data-live>
        {open && !taken && (
          <form class="deed" method="post" action={`/incidents/${id}/acknowledge`}>
            <button id="acknowledge" type="submit">Acknowledge</button>
          </form>
        )}
      </div>
      <form class="deed" method="post" action={`/incidents/${id}/comments`}>
        {what}
        <button type="submit">Comment</button>
      </form>
    </>
  );
}
