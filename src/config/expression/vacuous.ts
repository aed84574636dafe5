import { Condition, type Expectation } from "./expectation.ts";
import type { Facts, Scope } from "./scope.ts";

/** An answer of an unhealthy service. */
export interface HostileAnswer {
  name: string;
  scope(facts: Facts): Scope;
}

const RUN = { id: "run", slot: 0, prober: "prober", region: "region", target: "target", check: "check" };

/** Names of the hostile answers that pass all `expectations`, which then prove little. */
export function vacuousPasses(
  expectations: readonly Expectation[],
  hostile: readonly HostileAnswer[],
): string[] {
  const names = expectations.flatMap((one) => one instanceof Condition ? one.captures : []);
  const captures = Object.fromEntries(names.map((name) => [name, "captured"]));
  const passes = (answer: HostileAnswer) => {
    const scope = answer.scope({ captures, run: RUN, now: 0 });
    return expectations.every((expectation) => expectation.test(scope) === null);
  };
  return hostile.filter(passes).map(({ name }) => name);
}
