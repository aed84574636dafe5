/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The page of one target: each check's claim and proof, by region, over time. */
import type { Child } from "hono/jsx";
import { isFailed, isPassed } from "../../judgement/words.ts";
import type { Check, Target } from "../../config/config.ts";
import { AdmissionLine, CheckSettings, ConvergenceList, Dependency } from "./check_facts.tsx";
import { OutcomePill, RegionStrip, SaysDoes } from "./check_parts.tsx";
import type { AdmissionFigures } from "../../judgement/admission.ts";
import { BandChart, Cuts, LaneFigure, type Mark, type Point } from "./chart.tsx";
import { type Day, DayTable } from "./day.tsx";
import { Name, Time } from "./layout.tsx";
import { type Band, BAND_WINDOWS, type BandWindow } from "../../storage/history/bands.ts";
import type { Slot } from "../../storage/history/slots.ts";
import { type CheckView, outcomeRank, quorumText } from "./words.ts";
import { formatSpan } from "../../base/time.ts";

/** A check and its data. */
export interface CheckData {
  check: Check;
  view: CheckView;
  slots: Slot[];
  /** Start of the lanes, epoch ms. */
  from: number;
  to: number;
  stepMs: number;
  marks: Mark[];
  /** `from`: start of the cells, epoch ms. */
  bands: (Band & { window: BandWindow; from: number })[];
  day: Day;
  /** Present if the check's claim is a public status page and it had incidents. */
  admission?: AdmissionFigures;
  /** Its objective, if it has one. */
  objective?: Child;
}

/** The actions that the reader may take. */
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
      <p class="lede">
        {Object.entries(target.labels).map(([name, value], i) => (
          <>
            {i > 0 && " \u00b7 "}
            {name}: <Name>{value}</Name>
          </>
        ))}
      </p>
      {checks[0] && <Cuts count={Math.max(...checks[0].bands.map(({ cells }) => cells.length))} />}
      {target.tls?.insecure && <p class="note">TLS certificates of this target are not verified.</p>}
      {silence && <p class="note" id="silence" data-live>{silence}</p>}
      {checks.map((data) => (
        <CheckSection data={data} allowed={allowed} isOpen={data === initiallyOpen(checks)} />
      ))}
      {allowed.operate && <SilenceForm target={target.id} />}
    </>
  );
}

/** The check that is expanded at first: the only one, or the worst if it is not ready. */
function initiallyOpen(checks: readonly CheckData[]): CheckData | undefined {
  const rank = ({ view }: CheckData) => outcomeRank(view.outcome);
  const [worst] = checks.toSorted((a, b) => rank(a) - rank(b));
  return checks.length === 1 || worst?.view.outcome !== "ready" ? worst : undefined;
}

/** A check in one line, which expands. */
function CheckSection(
  { data, allowed, isOpen }: { data: CheckData; allowed: AllowedActions; isOpen: boolean },
) {
  const { check, view, bands } = data;
  const probers = view.regions.flatMap(({ id: region, probers }) =>
    probers.map(({ id }) => ({ id, region }))
  );
  const path = `/targets/${check.target.id}/checks/${check.id}`;
  return (
    <details class="check" open={isOpen}>
      <CheckLine view={view} />
      <p id={`open-${check.id}`} data-live>
        {view.since && (
          <>
            Since <Time at={view.since} minute />.
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
      <Dependency check={check} view={view} />
      <ConvergenceList id={check.id} view={view} />
      <div id={`lanes-${check.id}`} data-live>
        <p>{votesText(data)}</p>
        <h3>
          Claim against proof, <Time at={data.from} short /> to <Time at={data.to} short />
        </h3>
        <p class="legend">A full bar is ready, a thin one is not; where they differ the gap is filled.</p>
        {probers.map(({ id, region }) => (
          <Lane data={data} prober={id} region={region} href={`${path}/rounds/${id}`} />
        ))}
        <h3>The last day</h3>
        <DayTable day={data.day} probers={probers} stepMs={data.stepMs} />
        <h3>Service level</h3>
        {bands.map((band) => <ServiceLevelBand {...band} />)}
        {data.admission && <AdmissionLine figures={data.admission} />}
        {data.objective}
      </div>
      {allowed.walk && (
        <form method="post" action={`${path}/walk`}>
          <button type="submit">Run now</button>
        </form>
      )}
      <CheckSettings check={check} />
    </details>
  );
}

const CheckLine = ({ view }: { view: CheckView }) => (
  <summary id={`now-${view.id}`} class={view.outcome} data-live>
    <h2>{view.id}</h2>
    <OutcomePill view={view} />
    <SaysDoes view={view} />
    <RegionStrip view={view} />
  </summary>
);

function votesText({ check, view }: CheckData): string {
  if (check.scope === "region") return "Each region is judged separately, by its own quorum.";
  return quorumText(check.quorum, view.regions);
}

const READY: ReadonlySet<string> = new Set(["ready", "degraded"]);

/** The lane point of one prober in one slot. */
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
    <LaneFigure {...{ points, from, to, stepMs, marks, label }}>
      <a href={href}>{region} · {prober}</a>{" "}
      <span>
        {overclaims > 0 ? `drift in ${overclaims} ${overclaims === 1 ? "slot" : "slots"}` : "no drift"}
      </span>
    </LaneFigure>
  );
}

function ServiceLevelBand({ window, from, cells, whole }: CheckData["bands"][number]) {
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
      <BandChart
        cells={cells}
        span={{ from, cellMs: BAND_WINDOWS[window].cellMs }}
        label={`${window}: ${text}`}
      />
    </figure>
  );
}

/** The form that silences a target. */
export const SilenceForm = ({ target }: { target: string }) => (
  <form class="action" method="post" action={`/targets/${target}/silence`}>
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
    <button type="submit">Hold notices</button>
  </form>
);
