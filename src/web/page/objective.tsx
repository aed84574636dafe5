/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
import type { ErrorBudget } from "../../judgement/slo.ts";
import { errorBudgetReader } from "../../storage/history/slo.ts";
import { formatSpan } from "../../base/time.ts";

/** The objective in words: remaining budget, burn rates, and how much of the time was judged. */
function Objective({ budget }: { budget: ErrorBudget }) {
  const { objective, burn, alerts } = budget;
  const month = burn.at(-1)!;
  const firing = alerts.filter(({ isFiring }) => isFiring);
  const rates = burn.slice(0, -1).map(({ window, rate }) =>
    `${window} ${rate === null ? "no data" : rate.toFixed(1)}`
  );
  return (
    <>
      <p class="objective">
        <b>Objective {percent(objective)}</b> over 30 days: {spentText(budget)}. Judged{" "}
        {percent(month.coverage)} of the time; the rest counts neither way.
      </p>
      <p class="objective">
        Burn rate: {rates.join(", ")}.{" "}
        {firing.map(({ long, short, factor }) => <b class="down">Over {factor} in {long} and {short}.{" "}
        </b>)}
      </p>
    </>
  );
}

function spentText({ left, allowedSeconds, burn }: ErrorBudget): string {
  if (left === null) return "nothing was judged yet";
  const spent = formatSpan(burn.at(-1)!.badSeconds * 1_000);
  const most = formatSpan(allowedSeconds * 1_000);
  return left < 0
    ? `error budget overspent, ${spent} failing, ${most} allowed`
    : `${percent(left)} of the error budget left, ${spent} of ${most} spent`;
}

/** Two decimals, rounded down: 99.999 % must not show as 100 %. */
const percent = (share: number) => `${Math.floor(share * 10_000 + 1e-6) / 100} %`;

/** What checks with an `slo` need. */
export const slo = { errorBudgetReader, Objective };
