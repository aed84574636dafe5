/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** Compares a failed round with the last good one of the same prober. */
import type { StepTrace } from "../../evidence/probe/observation.ts";
import { Name, Time } from "./layout.tsx";
import { type ProberView, withSpaces } from "./words.ts";

/** A round kept besides the latest. */
export type RoundView = NonNullable<NonNullable<ProberView["rounds"]>["lastGood"]>;

interface Line {
  what: string;
  failed: string;
  good: string;
  /** Whether it is highlighted. */
  isNews: boolean;
  bad?: boolean;
}

/** A table of both rounds; differences are highlighted. */
export function Comparison({ failed, good }: { failed: RoundView; good: RoundView }) {
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Failed beside last good">
      <table class="compare">
        <caption>Failed beside the last good round</caption>
        <thead>
          <tr>
            <th>
              <span class="sr">What</span>
            </th>
            <th>
              Failed <Time at={failed.slot!} short />
            </th>
            <th>
              Last good <Time at={good.slot!} short />
            </th>
          </tr>
        </thead>
        <tbody>
          {linesOf(failed, good).map(({ what, failed, good, isNews, bad }) => (
            <tr class={bad ? "bad" : undefined}>
              <th scope="row">
                <Name>{what}</Name>
              </th>
              <td>{isNews ? <b>{failed}</b> : failed}</td>
              <td>{good}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function linesOf(failed: RoundView, good: RoundView): Line[] {
  const line = (what: string, read: (round: RoundView) => string): Line => {
    const [is, was] = [read(failed), read(good)];
    return { what, failed: is, good: was, isNews: is !== was };
  };
  const names = new Set([...stepsOf(failed), ...stepsOf(good)].map(({ name }) => name));
  const lines: Line[] = [
    line("says", ({ reported }) => reported ? withSpaces(reported.state) : "no claim"),
    line("version", ({ reported }) => reported?.version ?? ""),
    ...[...names].map((name) => stepLine(name, failed, good)),
    { ...line("journey", wholeOf), isNews: false },
  ];
  return lines.filter(({ failed, good }) => failed !== "" || good !== "");
}

/** The status of good responses is not stored, so only the failed step shows one. */
function stepLine(name: string, failed: RoundView, good: RoundView): Line {
  const [is, was] = [failed, good].map((round) => stepsOf(round).find((step) => step.name === name));
  const bad = failed.observed.failure?.step === name;
  const status = bad && is?.status !== undefined ? `HTTP ${is.status}, ` : "";
  return {
    what: name,
    failed: is ? status + tookOf(is) : "not reached",
    good: was ? tookOf(was) : "\u2013",
    isNews: bad || !is,
    bad,
  };
}

type Step = Pick<StepTrace, "name" | "totalMs"> & Partial<StepTrace>;

const stepsOf = ({ observed }: RoundView): Step[] => observed.steps ?? [];

const tookOf = ({ skipped, totalMs }: Step) => skipped ? "skipped" : `${Math.round(totalMs)} ms`;

const wholeOf = ({ observed: { outcome, totalMs } }: RoundView) => `${outcome}, ${Math.round(totalMs)} ms`;
