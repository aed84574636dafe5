/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/** Who says what, and whether it is true: one row for each target. */
import type { Target } from "../../config/config.ts";
import { BandChart, type Mark } from "./chart.tsx";
import { Name, Time } from "./layout.tsx";
import { type Band as Cells, BAND_WINDOWS, type BandWindow } from "../../storage/history/bands.ts";
import { type CheckView, OUTCOME_TEXT, outcomeRank, pairOf, signOf, withSpaces } from "./words.ts";
import { formatSpan } from "../../base/time.ts";

/** A target as its row shows it: that of its checks which is worst off. */
export interface Row {
  target: Target;
  check: CheckView;
  band: Cells;
  deployments: Mark[];
  silences: Mark[];
  /** A silence covers it now. */
  silenced: boolean;
}

/** What the reader asked for. */
export interface Choice {
  q: string;
  /** `name:value`, or empty. */
  label: string;
  /** The name of a label, or empty. */
  group: string;
  window: BandWindow;
}

/** Worst first; then as the config has them. */
export const sortWorstFirst = (rows: Row[]): Row[] =>
  rows.toSorted((a, b) => outcomeRank(a.check.outcome) - outcomeRank(b.check.outcome));

/** Whether a row is asked for. */
export function matchesChoice({ target: { id, name, labels } }: Row, { q, label }: Choice): boolean {
  const words = [id, name, ...Object.entries(labels).flat()].join(" ").toLowerCase();
  const [key, value] = splitLabel(label);
  return words.includes(q.toLowerCase()) && (!label || labels[key] === value);
}

const splitLabel = (label: string): [string, string] => {
  const at = label.indexOf(":");
  return [label.slice(0, at), label.slice(at + 1)];
};

/** The one line that says it all. */
export function headline(rows: readonly Row[]): string {
  const count = (...words: string[]) => rows.filter(({ check }) => words.includes(check.outcome)).length;
  const overclaiming = count("drift");
  const first = overclaiming === 0
    ? `None of ${rows.length} services overclaims`
    : `${overclaiming} of ${rows.length} services ${overclaiming === 1 ? "overclaims" : "overclaim"}`;
  const others = [
    [count("down", "not_ready", "failing"), "failing openly"],
    [count("unknown", "pending"), "without enough evidence"],
    [count("split"), "disputed among regions"],
    [count("underclaim"), "underclaiming"],
    [count("unreported"), "without a readable report"],
    [count("degraded"), "degraded"],
  ].filter(([n]) => n as number > 0).map(([n, words]) => `${n} ${words}`);
  return [first, ...others].join(", ");
}

/** The overview. */
export function Overview({ rows, all, choice }: { rows: Row[]; all: Row[]; choice: Choice }) {
  const groups = choice.group
    ? Map.groupBy(
      rows,
      ({ target: { labels } }) =>
        Object.hasOwn(labels, choice.group) ? labels[choice.group]! : `no ${choice.group}`,
    )
    : new Map([["", rows]]);
  return (
    <>
      <h1 id="headline" data-live aria-live="polite">{headline(all)}</h1>
      <Filters all={all} choice={choice} />
      <Legend />
      <div id="rows" data-live>
        {[...groups].map(([name, rows]) => (
          <section>
            {choice.group && (
              <h2>
                {choice.group}: <Name>{name}</Name>
              </h2>
            )}
            <ul class="rows">{rows.map((row) => <TargetRow row={row} window={choice.window} />)}</ul>
          </section>
        ))}
        {rows.length === 0 && <p>No service matches.</p>}
      </div>
    </>
  );
}

function TargetRow(
  { row: { target, check, band, deployments, silences, silenced }, window }: { row: Row; window: BandWindow },
) {
  const pair = pairOf(check);
  const { says, saysTone, does, doesTone } = pair;
  const { availability, driftSeconds } = band.whole;
  const share = availability === null ? "no data" : `${percent(availability)} %`;
  const drift = driftSeconds > 0 ? `drift ${formatSpan(driftSeconds * 1_000)}` : "no drift";
  const labels = Object.entries(target.labels).map((pair) => pair.join(":")).join(" ");
  return (
    <li id={`t-${target.id}`} class={check.outcome} data-find={labels || undefined}>
      <a href={`/targets/${target.id}`}>
        <Name most={80}>{target.name}</Name>
      </a>
      <p class="pair">
        <span class={saysTone}>
          says <b>{says}</b>
        </span>{" "}
        <i class={signOf(check.outcome, pair)} aria-hidden="true" />{" "}
        <span class={doesTone}>
          does <b>{does}</b>
        </span>
      </p>
      <p class="word">
        {OUTCOME_TEXT[check.outcome]}
        {target.checks.length > 1 && ` (${check.id})`}
        {silenced && ", silenced"}{" "}
        {check.since && check.outcome !== "unknown" && <Time at={check.since} short />}
      </p>
      <ul class="strip">
        {check.regions.map(({ id, outcome }) => (
          <li class={outcome}>
            {id} <i>{withSpaces(outcome)}</i>
          </li>
        ))}
      </ul>
      <BandChart
        cells={band.cells}
        label={`${window}: ${share}, ${drift}`}
        deployments={deployments}
        silences={silences}
      />
      <p class="sli">
        {share}
        <br />
        {drift}
      </p>
    </li>
  );
}

/** Rounded down, so that 100 means 100. */
const percent = (share: number) => Math.floor(share * 100_000) / 1_000;

const MOST_OPTIONS = 100;

function Filters({ all, choice }: { all: Row[]; choice: Choice }) {
  const pairs = [
    ...new Set(all.flatMap(({ target }) => Object.entries(target.labels).map((it) => it.join(":")))),
  ];
  const names = [...new Set(all.flatMap(({ target }) => Object.keys(target.labels)))];
  const options = (texts: string[], chosen: string) =>
    texts.sort().slice(0, MOST_OPTIONS).map((text) => (
      <option value={text} selected={text === chosen}>{text}</option>
    ));
  return (
    <form class="filters" role="search">
      <label>
        Search <input id="q" name="q" type="search" value={choice.q} maxlength={100} />
      </label>
      {names.length > 0 && (
        <>
          <label>
            Label{" "}
            <select name="label">
              <option value="">any</option>
              {options(pairs, choice.label)}
            </select>
          </label>
          <label>
            Group by{" "}
            <select name="group">
              <option value="">nothing</option>
              {options(names, choice.group)}
            </select>
          </label>
        </>
      )}
      <label>
        Window{" "}
        <select name="window">
          {Object.keys(BAND_WINDOWS).map((name) => <option selected={name === choice.window}>{name}</option>)}
        </select>
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

const Legend = () => (
  <p class="legend">
    A row says what the service <b>says</b> of itself beside what it <b>does</b>{" "}
    in a real request; ≠ where they part. In the band a low bar is well, a high one is not, a cut one is
    drift; a line across is a deployment, a line above a silence.
  </p>
);
