/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The overview: one card per target, worst first. */
import { BandChart, Cuts } from "./chart.tsx";
import { Headline, Lede } from "./headline.tsx";
import type { Row } from "./row.ts";
import { OutcomePill, RegionStrip, SaysDoes } from "./check_parts.tsx";
import { Name, Time } from "./layout.tsx";
import { type Choice, queryOf } from "./choice.ts";
import { BAND_WINDOWS, type BandWindow, SIXTY_CELLS } from "../../storage/history/bands.ts";
import { type CheckView, outcomeRank, percentOf, type StateName, STATES, toneOf } from "./words.ts";
import { coveredSeconds } from "../../judgement/service_level.ts";
import { formatSpan } from "../../base/time.ts";

/** Cards per page. */
const CARDS = 200;

/** Sorts worst first, then by the order of the config. */
export const sortWorstFirst = (rows: Row[]): Row[] =>
  rows.toSorted((a, b) => outcomeRank(a.check.outcome) - outcomeRank(b.check.outcome));

/** The overview. Both lists are sorted worst first. */
export function Overview({ rows, all, choice }: { rows: Row[]; all: Row[]; choice: Choice }) {
  const pages = Math.max(1, Math.ceil(rows.length / CARDS));
  const page = Math.min(pages, choice.page);
  const shown = rows.slice((page - 1) * CARDS, page * CARDS);
  const groups = choice.group
    ? Map.groupBy(
      shown,
      ({ target: { labels } }) =>
        Object.hasOwn(labels, choice.group) ? labels[choice.group]! : `no ${choice.group}`,
    )
    : new Map([["", shown]]);
  return (
    <>
      <Headline rows={all} />
      <Lede rows={all} />
      <Controls all={all} choice={choice} />
      {all[0] && <Cuts count={all[0].band.cells.length} />}
      <div id="rows" data-live>
        {[...groups].map(([name, rows]) => (
          <section>
            {choice.group && (
              <h2>
                {choice.group}: <Name>{name}</Name>
              </h2>
            )}
            <ul class="rows cards">{rows.map((row) => <Card row={row} window={choice.window} />)}</ul>
          </section>
        ))}
        {rows.length === 0 && <p>No service matches.</p>}
      </div>
      {pages > 1 && <Pages page={page} pages={pages} choice={choice} />}
      <Legend />
    </>
  );
}

function Card(
  { row: { target, check, silenced, taken, ...past }, window }: { row: Row; window: BandWindow },
) {
  const labels = Object.entries(target.labels).map((pair) => pair.join(":"));
  const checks = target.checks.length;
  return (
    <li id={`t-${target.id}`} class={check.outcome} data-find={labels.join(" ") || undefined}>
      <div class="who">
        <a href={`/targets/${target.id}`}>
          <Name most={80}>{target.name}</Name>
        </a>
        <small>
          {[`${checks} ${checks === 1 ? "check" : "checks"}`, ...labels.slice(0, 3)].join(" \u00b7 ")}
        </small>
      </div>
      <SaysDoes view={check} />
      <div class="why">
        <p class="pills">
          <OutcomePill view={check} of={checks > 1 ? check.id : undefined} />
          {silenced && <b class="pill quiet">{silenced}</b>}
          {taken && (
            <b class="pill quiet">
              <span>
                acknowledged by <Name most={60}>{taken.by}</Name>, <Time at={taken.at} short />
              </span>
            </b>
          )}
        </p>
        <Why check={check} budgetMs={target.checks.find(({ id }) => id === check.id)?.latencyBudgetMs} />
        <RegionStrip view={check} />
      </div>
      <History {...past} window={window} />
    </li>
  );
}

const SENTENCE = 160;

/** The reason for the outcome in a sentence, from the first prober that saw this outcome. */
function Why({ check, budgetMs }: { check: CheckView; budgetMs?: number }) {
  const probers = check.regions.flatMap(({ probers }) => probers).filter(({ stale }) => !stale);
  const { observed } = probers.find(({ verdict }) => verdict === check.outcome) ?? probers[0] ?? {};
  if (!observed || toneOf(check.outcome) === "good") return null;
  const { failure, outcome, totalMs } = observed;
  // A reload may have removed the budget.
  const budget = budgetMs === undefined ? "its budget" : `its budget of ${budgetMs} ms`;
  const slow = outcome === "slow" && `${Math.round(totalMs)} ms, over ${budget}`;
  const text = failure ? `${failure.step}: ${failure.detail}` : slow;
  return text
    ? (
      <p class="detail">
        <Name most={SENTENCE}>{text}</Name>
      </p>
    )
    : null;
}

/** Share of a window that counts as full, because the newest cell is incomplete. */
const WHOLE = 0.95;

/** The history band, the availability, and the time of drift or else of failure. */
function History(
  { band, from, events, window }: Pick<Row, "band" | "from" | "events"> & { window: BandWindow },
) {
  const { availability, driftSeconds, badSeconds } = band.whole;
  const share = availability === null ? "no data" : `${percentOf(availability)} %`;
  const span = (seconds: number) => formatSpan(seconds * 1_000).split(" ", 2).join(" ");
  const drift = driftSeconds > 0
    ? `${span(driftSeconds)} drift`
    : badSeconds > 0
    ? `${span(badSeconds)} down`
    : "no drift";
  const covered = coveredSeconds(band.whole);
  const isPart = covered > 0 && covered * 1_000 < WHOLE * BAND_WINDOWS[window].ms;
  const coverage = isPart ? `${formatSpan(covered * 1_000)} of data` : "";
  return (
    <>
      <div class="past">
        <BandChart
          cells={band.cells}
          span={{ from, cellMs: BAND_WINDOWS[window].cellMs }}
          label={[`${window}: ${share}`, drift, coverage].filter(Boolean).join(", ")}
          events={events}
        />
        <small aria-hidden="true">
          <span>{window} ago</span>
          <span>{coverage}</span>
          <span>now</span>
        </small>
      </div>
      <p class="sli">
        <b>{share}</b> <small>{drift}</small>
      </p>
    </>
  );
}

const Pages = ({ page, pages, choice }: { page: number; pages: number; choice: Choice }) => (
  <nav class="pages" aria-label="Pages of services">
    {page > 1 && <a href={queryOf(choice, { page: page - 1 })}>Previous</a>}
    <span>
      {page} of {pages}
    </span>
    {page < pages && <a href={queryOf(choice, { page: page + 1 })}>Next</a>}
  </nav>
);

const MOST_OPTIONS = 100;

const CHIPS: [state: StateName | "", text: string][] = [
  ["", "All"],
  ["broken", "Broken"],
  ["poor", "Warning"],
  ["unjudged", "Not judged"],
];

/** State filters in one line, with the other filters in a collapsible section. */
function Controls({ all, choice }: { all: Row[]; choice: Choice }) {
  const count = (state: StateName | "") =>
    all.filter(({ check }) => !state || toneOf(check.outcome) === STATES[state]).length;
  const chips = CHIPS.map(([state, text]) => ({ state, text, n: count(state) }))
    .filter(({ state, n }) => state === choice.state || state === "" || n > 0);
  return (
    <div class="controls">
      <nav id="chips" class="chips" aria-label="By state" data-live>
        {chips.map(({ state, text, n }) => (
          <a href={queryOf(choice, { state })} aria-current={state === choice.state ? "true" : undefined}>
            {text} {n}
          </a>
        ))}
      </nav>
      <details open={Boolean(choice.q || choice.label || choice.group)}>
        <summary>Filter, {choice.window}</summary>
        <Filters all={all} choice={choice} />
      </details>
    </div>
  );
}

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
      {choice.state && <input type="hidden" name="state" value={choice.state} />}
      <label>
        Find a service <input id="q" name="q" type="search" value={choice.q} maxlength={100} />
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
          {[...new Set([...SIXTY_CELLS, choice.window])].map((name) => (
            <option selected={name === choice.window}>{name}</option>
          ))}
        </select>
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

const Legend = () => (
  <p class="legend">
    A card compares what a service <b>says</b> of itself with what it <b>does</b> in a real request. It{" "}
    <b>overclaims</b> when it says ready and the request fails: that is{" "}
    <b>drift</b>. In the history a low bar is ready, a high bar is failing, a split bar is drift, and a gap
    has no evidence. A line across is a deployment, a line above a silence.
  </p>
);
