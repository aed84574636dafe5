/**
 * Warnings about valid configs that detect less than expected: a table of rules, reported by `check` and at
 * start.
 */
import type { Check, Config, Region } from "./config.ts";
import type { ConfigStoreKind } from "./kinds.ts";
import type { Problem } from "./problem.ts";
import { formatDuration } from "./schema/duration.ts";
import { turnsOf } from "./schedule.ts";

interface Doubt {
  path: string;
  message: string;
  expected?: string;
}

type Rule = (config: Config, stores: readonly ConfigStoreKind[]) => Doubt | false | undefined;

const RULES: readonly Rule[] = [
  ({ regions }) =>
    regions.length % 2 === 0 && {
      path: "regions",
      message: regions.length === 2
        ? "with two regions, a silent one ends all detection, and a failing one decides nothing"
        : `${regions.length} regions may tie, which decides nothing: they detect more slowly than ${
          regions.length - 1
        }`,
      expected: "an odd number",
    },
  ({ regions }) =>
    regions.length === 1 && probersOf(regions).length === 2 && {
      path: "regions[0].probers",
      message: "with two probers, a failing one decides nothing",
      expected: "one, or three",
    },
  (config) => {
    const check = probersOf(config.regions).length > 1 && config.regions.length !== 2 &&
      config.checks.find((check) => isEndedByOne(check, config.regions));
    return check && {
      path: `check ${check.key}: quorum`,
      message: "a single silent prober ends its detection",
      expected: "a quorum that can be met without any single prober",
    };
  },
  ({ regions, controls }) =>
    probersOf(regions).length === 1 && controls.length === 0 && {
      path: "controls",
      message: "one prober without controls: a failure of its own network counts against the target",
      expected: "controls, or probers in three regions",
    },
  ({ checks }) => {
    const check = checks.find(({ schedule, confirmMs }) =>
      confirmMs > 0 && "everyMs" in schedule && confirmMs >= schedule.everyMs
    );
    return check && {
      path: `check ${check.key}: confirm`,
      message: `a confirmation after ${
        formatDuration(check.confirmMs)
      } finds nothing sooner than the next slot`,
      expected: "less than the period",
    };
  },
  ({ checks, regions, store: { kind } }, stores) => {
    const usual = stores.find((store) => store.kind === kind)?.turns;
    const check = usual !== undefined && checks.find((check) => turnsOf(check, regions) > usual);
    return check && {
      path: `check ${check.key}: turns`,
      message: `${
        turnsOf(check, regions)
      } turns take as many commits per period, which the store ${kind} bills`,
      expected: `turns: ${usual}; see the cost of more with assay budget`,
    };
  },
];

const probersOf = (regions: readonly Region[]) => regions.flatMap(({ probers }) => probers);

/** Whether the loss of a single prober leaves too few votes to open an incident. */
function isEndedByOne({ scope, quorum: { open, minReporting } }: Check, regions: readonly Region[]): boolean {
  const ends = ({ quorum, probers }: Region) =>
    probers.length - 1 < leastVotes(quorum.open, quorum.minReporting);
  if (scope === "region") return regions.some((region) => region.probers.length > 1 && ends(region));
  return regions.some(ends) && regions.length - 1 < leastVotes(open, minReporting);
}

const leastVotes = (open: Check["quorum"]["open"], minReporting: number) =>
  typeof open === "object" && "atLeast" in open ? Math.max(open.atLeast, minReporting) : minReporting;

/**
 * The warnings about a config, without positions. Each rule reports at most one, for the first check it
 * applies to.
 */
export function doubtsOf(config: Config, stores: readonly ConfigStoreKind[]): Problem[] {
  return RULES.flatMap((rule) => rule(config, stores) || [])
    .map((doubt): Problem => ({ severity: "warning", ...doubt }));
}
