/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The last day of a check by hour: each region's verdicts and latency, with the events of that day. */
import { emptyFigures, mergeFigures, percentile, type ServiceLevel } from "../../judgement/service_level.ts";
import { isFailed, isPassed } from "../../judgement/words.ts";
import type { SeriesPoint } from "../../storage/history/series.ts";
import { HOUR_MS } from "../../base/time.ts";
import { BandChart, type Events, LatencyChart } from "./chart.tsx";
import { Name, Time } from "./layout.tsx";

/** Data of the table; `from` and `to` are epoch ms on the hour. */
export interface Day {
  from: number;
  to: number;
  hours: readonly SeriesPoint[];
  events: Events;
}

/** Percentiles, in the order of the columns. */
const SHARES = [["p50", 0.5], ["p95", 0.95], ["max", 1]] as const;

type ProberFigures = SeriesPoint["figures"]["probers"][string];

/** One row per prober. `stepMs` is the time that one round stands for. */
export function DayTable(
  { day: { from, to, hours, events }, probers, stepMs }: {
    day: Day;
    probers: readonly { id: string; region: string }[];
    stepMs: number;
  },
) {
  const whole = hours.reduce((all, { figures }) => mergeFigures(all, figures), emptyFigures()).probers;
  const known = probers.filter(({ id }) => whole[id]);
  if (known.length === 0) return <p>No rounds in the last 24 hours.</p>;
  const most = Math.max(...known.map(({ id }) => percentile(whole[id]!.latency, 1) ?? 0));
  return (
    <>
      <p class="legend">
        Top: what each region saw. Bottom: its journey in ms. The line is p50, the shade extends to p95, a
        dash is the maximum. <Legend events={events} />
      </p>
      <div class="scroll" tabindex={0} role="group" aria-label="The last day by region">
        <table class="day">
          <thead>
            <tr>
              <th>Region</th>
              <th class="wide">
                From <Time at={from} short />, 24 h
              </th>
              {SHARES.map(([name]) => <th class="n">{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {known.map(({ id, region }) => (
              <tr>
                <th scope="row">
                  <Name>{region}</Name> <small>{id}</small>
                </th>
                <td>
                  <BandChart
                    cells={cellsOf(hours, { id, from, to, stepMs })}
                    span={{ from, cellMs: HOUR_MS }}
                    label={`${id} by the hour`}
                  />
                  <LatencyChart points={pointsOf(hours, id)} {...{ most, from, to, events }} />
                </td>
                {SHARES.map(([, share]) => (
                  <td class="n">{percentile(whole[id]!.latency, share) ?? "\u2013"}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** The legend of the events in the chart. */
function Legend({ events: { deployments, silences, incidents = [] } }: { events: Events }) {
  const said = [
    deployments.length > 0 && "a line across a deployment",
    silences.length > 0 && "a line above a silence",
    incidents.length > 0 && "a line below an incident",
  ].filter(Boolean);
  return said.length > 0 ? <>{`Also shown: ${said.join(", ")}.`}</> : null;
}

function cellsOf(
  hours: readonly SeriesPoint[],
  { id, from, to, stepMs }: { id: string; from: number; to: number; stepMs: number },
): (ServiceLevel | undefined)[] {
  const cells = Array<ServiceLevel | undefined>(Math.round((to - from) / HOUR_MS));
  for (const { start, figures } of hours) {
    const seen = figures.probers[id];
    if (seen) cells[(start - from) / HOUR_MS] = levelOf(seen, stepMs / 1_000);
  }
  return [...cells];
}

/** The service level that one prober saw. Each round counts for `roundSeconds`. */
function levelOf({ words }: ProberFigures, roundSeconds: number): ServiceLevel {
  const count = (wanted: (word: string) => boolean) =>
    roundSeconds *
    Object.entries(words).reduce((sum, [word, n]) => sum + (word !== "missing" && wanted(word) ? n : 0), 0);
  const [goodSeconds, badSeconds] = [count(isPassed), count(isFailed)];
  return {
    availability: null,
    ...{ goodSeconds, badSeconds },
    driftSeconds: count((word) => word === "drift"),
    unjudgedSeconds: count(() => true) - goodSeconds - badSeconds,
  };
}

const pointsOf = (hours: readonly SeriesPoint[], id: string) =>
  hours.flatMap(({ start, figures: { probers } }) => {
    const latency = probers[id]?.latency;
    const [p50, p95, max] = SHARES.map(([, share]) => latency && percentile(latency, share));
    return p50 && p95 && max ? [{ at: start + HOUR_MS / 2, p50, p95, max }] : [];
  });
