/** The scenarios: changes to the fleet under load. */
import type { Fleet, Release } from "./fleet.ts";
import { CONSTANTS } from "./constants.ts";

/** How a rollout ended. */
export type Ending = "done" | "rolled back";

/** One scenario. */
export interface Scenario {
  id: keyof typeof CONSTANTS.runMs;
  title: string;
  run(fleet: Fleet): Promise<Ending>;
}

const SECOND: Release = { release: "2", broken: false };
const BROKEN: Release = { release: "2", broken: true };
const FIRST: Release = { release: "1", broken: false };

/**
 * Rolls out to one replica after the other. The first that does not pass gets the first release back, and the
 * rollout ends.
 */
async function roll(fleet: Fleet, names: readonly string[], release: Release): Promise<Ending> {
  for (const name of names) {
    if (await fleet.step([name], () => fleet.restart(name, release))) continue;
    await fleet.step([name], () => fleet.restart(name, FIRST));
    return "rolled back";
  }
  return "done";
}

/** The scenarios in the order of the tables. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: "restart",
    title: "rolling restart",
    run: (fleet) => roll(fleet, fleet.names, SECOND),
  },
  {
    id: "scale",
    title: "scale out to new replicas, then the old ones in",
    async run(fleet) {
      if (!await fleet.step(fleet.spares, (name) => fleet.restart(name, SECOND))) return "rolled back";
      await Promise.all(fleet.names.map((name) => fleet.remove(name)));
      return "done";
    },
  },
  {
    id: "migration",
    title: "rolling restart whose migration fails",
    run: (fleet) => roll(fleet, fleet.names, BROKEN),
  },
  {
    id: "config",
    title: "config push to half the fleet",
    run: async (fleet) =>
      await fleet.step(fleet.names.slice(0, fleet.names.length / 2), fleet.reload) ? "done" : "rolled back",
  },
  {
    id: "blip",
    title: "the store is away while a replica restarts",
    async run(fleet) {
      await fleet.loseStore(CONSTANTS.blipMs);
      return await roll(fleet, fleet.names.slice(0, 1), SECOND);
    },
  },
];
