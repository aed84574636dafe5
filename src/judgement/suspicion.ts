/** Suspicion without controls: a prober for which nearly everything turns bad at once, while others see it well, is at fault itself. */
import { staleAt } from "../config/schedule.ts";
import type { CheckState, ProberState } from "./state.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";
import { isFailed } from "./words.ts";

const [TARGETS, HOSTS, SHARE, WITNESSES] = [5, 3, 0.8, 2];

/** One check as one prober sees it in a period, before anything is judged of it. */
export interface Sight {
  target: string;
  host: string;
  /** It fails here now, and did not before. */
  turned: boolean;
  /** How many other regions have conclusive evidence on it that is not bad. */
  deniedBy: number;
}

/** Whether these sights, of all checks of one prober within a period, make it suspect. Controls that pass overrule it. */
export function isSuspect(sights: readonly Sight[]): boolean {
  const turned = sights.filter((sight) => sight.turned && sight.deniedBy >= WITNESSES);
  const count = (key: "target" | "host") => new Set(turned.map((sight) => sight[key])).size;
  return count("target") >= TARGETS && count("host") >= HOSTS && turned.length >= SHARE * sights.length;
}

/** What a prober's new round of a check is a sight of; `failed`: its verdict failed. The check's state is that before the round. */
export function sightOf(
  check: JudgedCheck,
  state: Pick<CheckState, "probers"> | undefined,
  { regions, prober, host, failed, at }: {
    regions: readonly VotingRegion[];
    prober: string;
    host: string;
    failed: boolean;
    at: number;
  },
): Sight {
  const latest = (id: string) => lastVerdict(check, state?.probers[id], at);
  const others = regions.filter(({ probers }) => !probers.some(({ id }) => id === prober));
  const own = latest(prober);
  return {
    target: check.target.id,
    host,
    turned: failed && own !== undefined && !isFailed(own),
    deniedBy:
      others.filter(({ probers }) => probers.some(({ id }) => latest(id) && !isFailed(latest(id)!))).length,
  };
}

/** The latest conclusive verdict of a prober that is believed and not too old. */
function lastVerdict(check: JudgedCheck, prober: ProberState | undefined, at: number) {
  const { freshAt, recent } = prober?.standing ?? {};
  if (prober?.aside || freshAt === undefined || at > staleAt(check, freshAt)) return undefined;
  return recent!.at(-1);
}
