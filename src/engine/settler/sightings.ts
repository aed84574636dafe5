/** Sightings of Assay itself that wait for a commit. */
import type { OwnSighting } from "../../judgement/own_causes.ts";

/** The limit is reached only while commits fail; the oldest are dropped first. */
const MAX_WAITING = 100;

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
