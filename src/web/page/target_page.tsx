/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** One target: each check's claim against its proof, region by region, over time. */
import { isFailed, isPassed } from "../../judgement/words.ts";
import type { Check, Target } from "../../config/config.ts";
import { emptyFigures, mergeFigures, percentile, type ServiceLevel } from "../../judgement/service_level.ts";
import { ConvergenceList, Order, Rules } from "./check_facts.tsx";
import type { ErrorBudget } from "../../judgement/slo.ts";
import type { AdmissionFigures } from "../../judgement/admission.ts";
import { AdmissionLine, Objective } from "./objective.tsx";
import { BandChart, LaneChart, LatencyChart, type Mark, type Point } from "./chart.tsx";
import { Ago, Name, Time } from "./layout.tsx";
import type { SeriesPoint } from "../../storage/history/series.ts";
import type { Slot } from "../../storage/history/bands.ts";
import { type CheckView, OUTCOME_TEXT, pairOf, quorumText, withSpaces } from "./words.ts";
import { formatSpan } from "../../base/time.ts";

/** A check and all that is shown of it. */
export interface CheckData {
  check: Check;
  view: CheckView;
  slots: Slot[];
  /** Of the lanes, epoch ms. */
  from: number;
  to: number;
  stepMs: number;
  marks: Mark[];
  bands: { window: string; cells: (ServiceLevel | undefined)[]; whole: ServiceLevel }[];
  /** The last day, by the hour. */
  hours: SeriesPoint[];
  /** Of a check whose claim is a public status page, and that had incidents. */
  admission?: AdmissionFigures;
  /** Of a check with an objective. */
  budget?: ErrorBudget;
}

/** What may be done here. */
export interface AllowedActions {
  operate: boolean;
  walk: boolean;
}

/** The page of a target. */
export function TargetPage(
  { target, checks, allowed, silence }: {
    target: Target;
    checks: CheckData[];
    allowed: AllowedActions;
    silence?: string;
  },
) {
  return (
    <>
      <h1>
        <Name>{target.name}</Name>
      </h1>
      <p>
        {Object.entries(target.labels).map(([name, value]) => (
          <span class="label">
            {name}: <Name>{value}</Name>
          </span>
        ))} <img src={`/v1/badges/${target.id}.svg`} alt="" height="20" />
      </p>
      {target.tls?.insecure && (
        <p class="note">Certificates of this target are not checked: any is accepted.</p>
      )}
      {silence && <p class="note" id="silence" data-live>{silence}</p>}
      {checks.map((data) => <CheckSection data={data} allowed={allowed} alone={checks.length === 1} />)}
      {allowed.operate && <SilenceForm target={target.id} />}
    </>
  );
}

/** A check in one line, which opens; at first those that are not well, and the only one. */
function CheckSection(
  { data, allowed, alone }: { data: CheckData; allowed: AllowedActions; alone: boolean },
) {
  const { check, view, bands } = data;
  const path = `/targets/${check.target.id}/checks/${check.id}`;
  return (
    <details class="check" open={alone || view.outcome !== "ready"}>
      <CheckLine view={view} />
      <p id={`open-${check.id}`} data-live>
        {view.since && (
          <>
            Since <Time at={view.since} />.
          </>
        )}
        {view.incidents.map(({ id, kind, notes }) => (
          <>
            {" "}
            <a href={`/incidents/${id}`}>incident: {kind}</a>
            {notes && ` (${notes.join("; ")})`}
          </>
        ))}
      </p>
      {check.contract && (
        <blockquote>
          <Name most={400}>{check.contract}</Name>
        </blockquote>
      )}
      <Order check={check} view={view} />
      <ConvergenceList id={check.id} view={view} />
      <div id={`lanes-${check.id}`} data-live>
        <p>{votesText(data)}</p>
        <h3>
          Claim against proof, <Time at={data.from} short /> to <Time at={data.to} short />
        </h3>
        <p class="legend">A full bar is ready, a thin one is not; where they part the gap is filled.</p>
        {view.regions.flatMap(({ id: region, probers }) =>
          probers.map(({ id }) => (
            <Lane data={data} prober={id} region={region} href={`${path}/rounds/${id}`} />
          ))
        )}
        <h3>Service level</h3>
        {bands.map(({ window, cells, whole }) => (
          <ServiceLevelBand window={window} cells={cells} whole={whole} />
        ))}
        {data.admission && <AdmissionLine figures={data.admission} />}
        {data.budget && <Objective budget={data.budget} />}
        <Latency hours={data.hours} />
      </div>
      {allowed.walk && (
        <form method="post" action={`${path}/walk`}>
          <button type="submit">Run now</button>
        </form>
      )}
      <Rules check={check} />
    </details>
  );
}

function CheckLine({ view }: { view: CheckView }) {
  const { says, saysTone, does, doesTone } = pairOf(view);
  return (
    <summary id={`now-${view.id}`} class={view.outcome} data-live>
      <h2>{view.id}</h2>
      <b class="pill word">
        {OUTCOME_TEXT[view.outcome]}
        {view.since && view.outcome !== "unknown" && (
          <>
            {" \u00b7 "}
            <Ago at={view.since} />
          </>
        )}
      </b>
      <span class="pair">
        <span class={saysTone}>
          says <b>{says}</b>
        </span>{" "}
        <span class={doesTone}>
          does <b>{does}</b>
        </span>
      </span>
      <span class="strip">
        {view.regions.map(({ id, outcome }) => (
          <span class={outcome}>
            {id} <i>{withSpaces(outcome)}</i>
          </span>
        ))}
      </span>
    </summary>
  );
}

function votesText({ check, view }: CheckData): string {
  if (check.scope === "region") return "Each region stands for itself: its own quorum decides.";
  return quorumText(check.quorum, view.regions);
}

const READY: ReadonlySet<string> = new Set(["ready", "degraded"]);

/** What one prober's line of history says for the lanes. */
export function pointOf({ at, traces }: Slot, prober: string): Point {
  const trace = traces.find((trace) => trace.prober === prober);
  if (!trace || trace.word === "missing") return { at };
  const does = isPassed(trace.word) ? true : isFailed(trace.word) ? false : undefined;
  return { at, says: trace.reported === undefined ? undefined : READY.has(trace.reported), does };
}

function Lane(
  { data, prober, region, href }: { data: CheckData; prober: string; region: string; href: string },
) {
  const { slots, from, to, stepMs, marks } = data;
  const points = slots.map((slot) => pointOf(slot, prober));
  const overclaims = points.filter(({ says, does }) => says === true && does === false).length;
  const underclaims = points.filter(({ says, does }) => says === false && does === true).length;
  const label = `${prober}: of ${points.length} slots ${overclaims} overclaim and ${underclaims} underclaim`;
  return (
    <figure class="lane">
      <figcaption>
        <a href={href}>{region} · {prober}</a>{" "}
        <span>{overclaims > 0 ? `drift in ${overclaims} slots` : "no drift"}</span>
      </figcaption>
      <div aria-hidden="true">
        <span>says</span>
        <span>does</span>
      </div>
      <LaneChart points={points} from={from} to={to} stepMs={stepMs} marks={marks} label={label} />
    </figure>
  );
}

function ServiceLevelBand(
  { window, cells, whole }: { window: string; cells: (ServiceLevel | undefined)[]; whole: ServiceLevel },
) {
  const { availability, driftSeconds, badSeconds, unjudgedSeconds } = whole;
  const share = availability === null
    ? "no data"
    : `${Math.floor(availability * 100_000) / 1_000} % available`;
  const text = `${share}, drift ${formatSpan(driftSeconds * 1_000)}, failing ${
    formatSpan(badSeconds * 1_000)
  }, not judged ${formatSpan(unjudgedSeconds * 1_000)}`;
  return (
    <figure class="past">
      <figcaption>
        <b>{window}</b> {text}
      </figcaption>
      <BandChart cells={cells} label={`${window}: ${text}`} />
    </figure>
  );
}

const SHARES = [["p50", 0.5], ["p90", 0.9], ["p95", 0.95], ["p99", 0.99]] as const;

/** By prober, hour by hour and in all. */
function Latency({ hours }: { hours: SeriesPoint[] }) {
  const day = hours.reduce((all, { figures }) => mergeFigures(all, figures), emptyFigures());
  const known = Object.entries(day.probers);
  if (known.length === 0) return <p>No journey was timed in the last 24 hours.</p>;
  const most = Math.max(...known.map(([, { latency }]) => percentile(latency, 0.99) ?? 0));
  const points = (id: string) =>
    hours.flatMap(({ start, figures: { probers } }) => {
      const latency = probers[id]?.latency;
      const [p50, p95] = [0.5, 0.95].map((share) => latency && percentile(latency, share));
      return p50 && p95 ? [{ at: start, p50, p95 }] : [];
    });
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Latency">
      <table class="latency">
        <caption>Journey in ms, last 24 h: the line is p50 by the hour, the shade reaches to p95</caption>
        <thead>
          <tr>
            <th>Prober</th>
            <th class="wide">24 h</th>
            {SHARES.map(([name]) => <th>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {known.map(([id, { latency }]) => (
            <tr>
              <th scope="row">
                <Name>{id}</Name>
              </th>
              <td>
                <LatencyChart
                  points={points(id)}
                  most={most}
                  from={hours[0]!.start}
                  to={hours.at(-1)!.start}
                />
              </td>
              {SHARES.map(([, share]) => <td>{percentile(latency, share) ?? "–"}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Notices of a target are held for a while. */
export const SilenceForm = ({ target }: { target: string }) => (
  <form class="deed" method="post" action={`/targets/${target}/silence`}>
    <h2>Silence</h2>
    <label>
      For{" "}
      <select name="until">
        <option>30m</option>
        <option>2h</option>
        <option>8h</option>
        <option>24h</option>
      </select>
    </label>
    <label>
      Reason <input name="reason" required maxlength={500} />
    </label>
    <button type="submit">Hold its notices</button>
  </form>
);
