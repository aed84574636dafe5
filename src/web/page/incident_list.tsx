/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The list of incidents, newest first. */
import type { Target } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import { ownSubject } from "../../judgement/own_incident.ts";
import { acknowledgementOf, type IncidentComment } from "../../storage/records/comments.ts";
import { openTone, StatePill, Taken } from "./incident_page.tsx";
import { Name, Time } from "./layout.tsx";

/** Filters of the list. */
export interface IncidentChoice {
  state?: Incident["state"];
  /** The id of a target. */
  target?: string;
}

/** Filter links by state. */
const STATES: [state: Incident["state"] | undefined, text: string][] = [
  [undefined, "All"],
  ["open", "Open"],
  ["resolved", "Resolved"],
];

/** One page of the list. `next` is the next page's cursor; `targets` are the choices of the filter. */
export function IncidentList({ incidents, comments, next, targets, choice, nowMs }: {
  incidents: Incident[];
  /** By incident id. */
  comments: ReadonlyMap<string, IncidentComment[]>;
  next: string | null;
  targets: readonly Target[];
  choice: IncidentChoice;
  nowMs: number;
}) {
  const names = new Map(targets.map(({ id, name }) => [id, name]));
  return (
    <>
      <h1>Incidents</h1>
      <div class="controls">
        <nav class="chips" aria-label="By state">
          {STATES.map(([state, text]) => (
            <a href={pathOf({ ...choice, state })} aria-current={state === choice.state ? "true" : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <form class="filters">
          {choice.state && <input type="hidden" name="state" value={choice.state} />}
          <label>
            Service{" "}
            <select name="target">
              <option value="">any</option>
              {targets.map(({ id, name }) => (
                <option value={id} selected={id === choice.target}>{name.slice(0, 80)}</option>
              ))}
            </select>
          </label>
          <button type="submit">Show</button>
        </form>
      </div>
      <div id="incidents" data-live>
        {incidents.length === 0 && <p>No incidents.</p>}
        <ul class="rows incidents">
          {incidents.map((incident) => (
            <IncidentRow
              {...{ incident, nowMs }}
              name={names.get(incident.target)}
              taken={acknowledgementOf(incident, comments.get(incident.id))}
            />
          ))}
        </ul>
      </div>
      {next && (
        <p>
          <a href={pathOf({ ...choice, before: next })} rel="next">Older</a>
        </p>
      )}
    </>
  );
}

function IncidentRow({ incident, name, taken, nowMs }: {
  incident: Incident;
  /** Absent once the target has left the config. */
  name?: string;
  taken?: IncidentComment;
  nowMs: number;
}) {
  const { id, target, check, kind, scope, severity, openedAt } = incident;
  return (
    <li class={incident.state === "open" ? openTone(kind) : "unknown"}>
      <span class="who">
        <a href={`/incidents/${id}`}>
          <Name most={80}>{ownSubject(incident) ?? name ?? target}</Name>
        </a>
        <small>
          {[check, kind, scope === "global" ? "" : `in ${scope}`].filter(Boolean).join(" \u00b7 ")}
        </small>
      </span>
      <span>
        <StatePill incident={incident} nowMs={nowMs} />
      </span>
      <small>
        {severity}, since <Time at={openedAt} minute />
        <Taken by={taken} />
      </small>
    </li>
  );
}

/** The URL of a choice, starting after the cursor `before`. */
function pathOf(choice: IncidentChoice & { before?: string }): string {
  const query = new URLSearchParams(
    Object.entries(choice).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  return `/incidents?${query}`;
}
