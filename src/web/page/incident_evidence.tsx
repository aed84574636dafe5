/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The evidence of an incident: lanes per prober, and each failed round beside the last good one. */
import type { ProberEvidence } from "../../engine/notify/event.ts";
import { LaneFigure, type Mark, type Point } from "./chart.tsx";
import { Comparison } from "./comparison.tsx";
import { FailureDetails } from "./journey_table.tsx";
import { Name, Time } from "./layout.tsx";
import type { CheckView, ProberView } from "./words.ts";

/** The lanes of an incident, one per prober in its scope. */
export interface IncidentLanes {
  lanes: { prober: string; points: Point[] }[];
  /** Epoch ms, as `to`. */
  from: number;
  to: number;
  stepMs: number;
  marks: Mark[];
}

/** The lanes of each prober. `path` is the check's; absent once it has left the config. */
export function WhoSawWhat(
  { data: { lanes, from, to, stepMs, marks }, path }: { data: IncidentLanes; path?: string },
) {
  return (
    <>
      <h2>
        Who saw what, <Time at={from} short /> to <Time at={to} short />
      </h2>
      {lanes.map(({ prober, points }) => {
        const failed = points.filter(({ does }) => does === false);
        const overclaims = failed.filter(({ says }) => says).length;
        return (
          <LaneFigure
            {...{ points, from, to, stepMs, marks }}
            label={`${prober}: slots that overclaim: ${overclaims}`}
          >
            {path ? <a href={`${path}/rounds/${prober}`}>{prober}</a> : prober}{" "}
            <span>
              {failed.length === 0 ? "saw no failure" : (
                <>
                  failed in {failed.length} of {points.length} slots, first <Time at={failed[0]!.at} short />
                </>
              )}
            </span>
          </LaneFigure>
        );
      })}
    </>
  );
}

type Rounds = NonNullable<ProberView["rounds"]>;

/** Probers with a failed round, and the newest such round. */
function failedRounds({ regions }: CheckView) {
  return regions.flatMap(({ id: region, probers }) =>
    probers.flatMap(({ id, rounds }) => {
      const failed = rounds?.latestFailed ?? rounds?.firstFailed;
      return failed ? [{ region, id, failed, good: rounds?.lastGood }] : [];
    })
  );
}

/** For an open incident: each prober's failed round beside its last good one. */
export function FailedBesideGood({ view }: { view: CheckView }) {
  const all = failedRounds(view);
  if (all.length === 0) return null;
  return (
    <>
      <h2>Evidence</h2>
      {all.map(({ region, id, failed, good }, i) => (
        <details class="evidence" id={`saw-${id}`} open={i === 0}>
          <summary>
            {region} · {id} <span>{sentenceOf(failed)}</span>
          </summary>
          {good && <Comparison failed={failed} good={good} />}
          {failed.observed.failure && <FailureDetails {...failed.observed.failure} />}
        </details>
      ))}
    </>
  );
}

const sentenceOf = ({ observed: { failure } }: NonNullable<Rounds["lastGood"]>): string =>
  failure ? `${failure.step}: ${failure.detail}` : "";

/** For a resolved incident: the evidence in the newest notice, because the kept rounds are gone. */
export function NoticeEvidence({ evidence }: { evidence: Record<string, Record<string, ProberEvidence>> }) {
  const all = Object.entries(evidence).flatMap(([region, probers]) =>
    Object.entries(probers).flatMap(([id, { observed, slot }]) =>
      observed?.failedStep ? [{ region, id, slot, observed, step: observed.failedStep }] : []
    )
  );
  if (all.length === 0) return null;
  return (
    <>
      <h2>Evidence</h2>
      {all.map((
        { region, id, slot, step, observed: { expression, detail = "", values, request, answer } },
        i,
      ) => (
        <details class="evidence" id={`saw-${id}`} open={i === 0}>
          <summary>
            {region} · {id}{" "}
            <span>
              <Name most={300}>{`${step}: ${detail}`}</Name> {slot && <Time at={slot} short />}
            </span>
          </summary>
          <FailureDetails {...{ step, expression, detail, values, request, answer }} />
        </details>
      ))}
    </>
  );
}
