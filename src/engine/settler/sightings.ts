/** Sightings of Assay itself that wait for a commit. */
import type { OwnSighting } from "../../judgement/own_causes.ts";

/** The limit is reached only while commits fail; the oldest are dropped first. */
const MAX_WAITING = 100;

/** What the minute at `at` shows about delivery: nothing where it is not watched, or cannot be known. */
export async function deliverySightings(
  at: number,
  read?: () => Promise<Pick<OwnSighting, "cause" | "isIdle">>,
): Promise<OwnSighting[]> {
  if (!read) return [];
  try {
    return [{ kind: "delivery", at, ...await read() }];
  } catch {
    // The store failed. Commits fail as well, and log it.
    return [];
  }
}

export class Sightings {
  #waiting: OwnSighting[] = [];

  /** The waiting sightings. They stay until `remove`, because a commit may be refused. */
  get waiting(): readonly OwnSighting[] {
    return this.#waiting;
  }

  add(sighting: OwnSighting): void {
    this.#waiting = [...this.#waiting, sighting].slice(-MAX_WAITING);
  }

  /** Drops the sightings that were committed. */
  remove(taken: readonly OwnSighting[]): void {
    this.#waiting = this.#waiting.filter((one) => !taken.includes(one));
  }
}
