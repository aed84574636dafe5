/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** Facts about a check below its lanes: schedule, thresholds, dependency, and values that must agree. */
import type { AdmissionFigures } from "../../judgement/admission.ts";
import type { Check } from "../../config/config.ts";
import { Name } from "./layout.tsx";
import { type CheckView, withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";
import { formatSpan } from "../../base/time.ts";

/** The check that this one depends on, and the probers that wait for it. */
export function Dependency({ check, view }: { check: Check; view: CheckView }) {
  if (!view.after) return null;
  const probers = view.regions.flatMap(({ probers }) => probers);
  const waiting = probers.filter(({ excluded }) => excluded === "prerequisite").map(({ id }) => id);
  return (
    <p id={`order-${check.id}`} data-live>
      Depends on <b>{view.after}</b>: judged only while {view.after} holds.
      {waiting.length > 0 && ` Not judged now: ${waiting.join(", ")}.`}
    </p>
  );
}

/** Values that must agree across regions, and which regions have each. */
export function ConvergenceList({ id, view: { convergence = [] } }: { id: string; view: CheckView }) {
  if (convergence.length === 0) return null;
  return (
    <div id={`values-${id}`} data-live>
      <h3>Values that must agree</h3>
      {convergence.map(({ capture, withinMs, values, unknown }) => (
        <p>
          <Name>{capture}</Name> within {formatSpan(withinMs)}: {values.map(({ value, by }, i) => (
            <>
              {i > 0 && " · "}
              <b>
                <Name>{value}</Name>
              </b>{" "}
              in {by.join(", ")}
            </>
          ))}
          {values.length === 0 && "no recent value"}
          {values.length > 0 && unknown.length > 0 && ` · no recent value: ${unknown.join(", ")}`}
        </p>
      ))}
    </div>
  );
}

/** The schedule, the time limits and the thresholds of a vote. */
export function CheckSettings({ check }: { check: Check }) {
  const { failureThreshold: fails, successThreshold: passes, schedule, report, timeoutMs, latencyBudgetMs } =
    check;
  const cadence = "everyMs" in schedule
    ? `every ${formatSpan(schedule.everyMs)}`
    : `by cron ${schedule.cron.source} (${schedule.cron.zone ?? "UTC"})`;
  return (
    <p class="rules">
      Runs {cadence}, at most {formatSpan(timeoutMs)}
      {latencyBudgetMs !== undefined && `, slow over ${latencyBudgetMs} ms`}. A vote turns bad after {fails}
      {" "}
      failed {fails === 1 ? "slot" : "slots in a row"} and good after {passes} passed. {report
        ? (
          <>
            Claim: {report.sources.map((source) =>
              "path" in source ? ellipsize(source.path, 80) : `${source.name} (pushed)`
            ).join(", ")}
            {report.sources.length > 1 && ` (${withSpaces(report.rule)})`}.
          </>
        )
        : "No health endpoint, so it cannot overclaim."}
    </p>
  );
}

/** How late the check's public status page admits incidents. */
export function AdmissionLine(
  { figures: { admitted, neverAdmitted, meanLagSeconds } }: { figures: AdmissionFigures },
) {
  const late = meanLagSeconds === null
    ? ""
    : `, ${formatSpan(meanLagSeconds * 1_000)} after our quorum on average`;
  return (
    <p class="objective">
      <b>Status page</b>: admitted {admitted} of {admitted + neverAdmitted} incidents{late}.
    </p>
  );
}
