/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/** One target: each check's claim against its proof, region by region, over time. */
import { isFailed, isPassed } from "../../judgement/words.ts";
import type { Check, Target } from "../../config/config.ts";
import { type Figures, percentile, type ServiceLevel } from "../../judgement/service_level.ts";
import { BandChart, LaneChart, type Mark, type Point } from "./chart.tsx";
import { Name, Time } from "./layout.tsx";
import type { Slot } from "../../storage/history/bands.ts";
import { type CheckView, OUTCOME_TEXT, pairOf, quorumText, signOf, withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";
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
  day: Figures;
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
        <p class="note">Certificates of this target are not checked: whoever answers is believed.</p>
      )}
      {silence && <p class="note" id="silence" data-live>{silence}</p>}
      {checks.map((data) => <CheckSection data={data} allowed={allowed} />)}
      {allowed.operate && <SilenceForm target={target.id} />}
    </>
  );
}

function CheckSection({ data, allowed }: { data: CheckData; allowed: AllowedActions }) {
  const { check, view, bands } = data;
  const pair = pairOf(view);
  const { says, saysTone, does, doesTone } = pair;
  const path = `/targets/${check.target.id}/checks/${check.id}`;
  return (
    <section aria-labelledby={`c-${check.id}`}>
      <h2 id={`c-${check.id}`}>{check.id}</h2>
      {check.contract && (
        <blockquote>
          <Name most={400}>{check.contract}</Name>
        </blockquote>
      )}
      <div id={`now-${check.id}`} class={`now ${view.outcome}`} data-live>
        <p class="pair">
          <span class={saysTone}>
            says <b>{says}</b>
          </span>{" "}
          <i class={signOf(view.outcome, pair)} aria-hidden="true" />{" "}
          <span class={doesTone}>
            does <b>{does}</b>
          </span>
        </p>
        <p class="word">
          {OUTCOME_TEXT[view.outcome]} {view.since && (
            <>
              since <Time at={view.since} />
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
        <p>{votesText(data)}</p>
      </div>
      <div id={`lanes-${check.id}`} data-live>
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
        <Latency figures={data.day} />
      </div>
      {allowed.walk && (
        <form method="post" action={`${path}/walk`}>
          <button type="submit">Run now</button>
        </form>
      )}
      <Rules check={check} />
    </section>
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

function Latency({ figures: { probers } }: { figures: Figures }) {
  const known = Object.entries(probers);
  if (known.length === 0) return <p>No journey was timed in the last 24 hours.</p>;
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Latency">
      <table>
        <caption>Journey in ms, last 24 h</caption>
        <thead>
          <tr>
            <th>Prober</th>
            {SHARES.map(([name]) => <th>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {known.map(([id, { latency }]) => (
            <tr>
              <th scope="row">
                <Name>{id}</Name>
              </th>
              {SHARES.map(([, share]) => <td>{percentile(latency, share) ?? "–"}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rules({ check }: { check: Check }) {
  const { failureThreshold: fails, successThreshold: passes, schedule, report, timeoutMs, latencyBudgetMs } =
    check;
  const cadence = "everyMs" in schedule
    ? `every ${formatSpan(schedule.everyMs)}`
    : `by cron ${schedule.cron.source} (UTC)`;
  return (
    <p class="rules">
      Walked {cadence}, at most {formatSpan(timeoutMs)}
      {latencyBudgetMs !== undefined && `, slow over ${latencyBudgetMs} ms`}. A vote turns bad after {fails}
      {" "}
      failed {fails === 1 ? "slot" : "slots in a row"} and back after {passes} good. {report
        ? (
          <>
            Claim: {report.sources.map((source) =>
              "path" in source ? ellipsize(source.path, 80) : `${source.name} (pushed)`
            ).join(", ")}
            {report.sources.length > 1 && ` (${withSpaces(report.rule)})`}.
          </>
        )
        : "No health endpoint: it cannot overclaim."}
    </p>
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
