/** What was seen of Assay itself, until a commit has taken it. */
import type { OwnSighting } from "../../judgement/own_causes.ts";

/** More than this wait only where nothing can be committed; the oldest go first. */
const MAX_WAITING = 100;

/** Sightings that wait for a commit. */
export class Sightings {
  #waiting: OwnSighting[] = [];

  /** Those that wait; they wait on until `remove`, for a commit may be refused. */
  get waiting(): readonly OwnSighting[] {
    return this.#waiting;
  }

  add(sighting: OwnSighting): void {
    this.#waiting = [...this.#waiting, sighting].slice(-MAX_WAITING);
  }

  /** These are committed. */
  remove(taken: readonly OwnSighting[]): void {
    this.#waiting = this.#waiting.filter((one) => !taken.includes(one));
  }
}
