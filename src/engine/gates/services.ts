import type { Config } from "../../config/config.ts";
import type { Ports } from "../../base/ports.ts";
import { packChecks, type Packing } from "../../storage/codec.ts";
import { type DeploymentStore, deploymentStore } from "../../storage/records/deployments.ts";
import { type OwnIncidentsReader, stateReaders, type StatesReader } from "../../storage/states.ts";
import type { Store } from "../../storage/store.ts";
import { countWrites } from "../../storage/write_counter.ts";
import type { ErrorBudgetReader, errorBudgetReader } from "../../storage/history/slo.ts";
import { type GateEvaluator, gateEvaluator } from "./evaluate.ts";
import { memoize } from "../../base/cache.ts";
import { silenceSource } from "../../storage/records/maintenance.ts";
import type { Silence } from "../../storage/records/silences.ts";
import { silenceChecker } from "./silence_checker.ts";

/**
 * A store, cached readers over it, and its gates. Made once per process, so that everything shares the
 * caches.
 */
export interface GateServices {
  store: Store;
  packing: Packing;
  states: StatesReader;
  ownIncidents: OwnIncidentsReader;
  rollouts: DeploymentStore;
  evaluate: GateEvaluator;
  errorBudget: ErrorBudgetReader;
  /** All silences: past, present and future. */
  silences(): Promise<readonly Silence[]>;
  /** Rises with each record written through this `store`. */
  changeCount(): number;
}

/** The services of a process over this store. Without `budgets` no check may have an objective. */
export function gateServices(
  { clock }: Pick<Ports, "clock">,
  config: Config,
  unwatched: Store,
  budgets: { errorBudgetReader: typeof errorBudgetReader } | undefined,
): GateServices {
  const { store, writes: changeCount } = countWrites(unwatched);
  const packing = packChecks(config);
  const { states, ownIncidents } = stateReaders(store, clock);
  const rollouts = deploymentStore(clock, store, config.retention.daysMs);
  const readSilences = silenceSource(config, store);
  const silences = memoize(clock, () => readSilences(clock.now()), changeCount);
  const isSilenced = silenceChecker(config, silences);
  const errorBudget = budgets?.errorBudgetReader({ clock, config, store, packing }) ?? noBudget;
  const evaluate = gateEvaluator({
    clock,
    config,
    packing,
    store,
    states,
    rollouts,
    isSilenced,
    errorBudget,
  });
  return { store, packing, states, ownIncidents, rollouts, evaluate, errorBudget, silences, changeCount };
}

const noBudget = () => Promise.resolve(undefined);
