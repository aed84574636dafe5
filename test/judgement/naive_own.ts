/**
 * The second, naive judgement of Assay's own incidents: for every commit it works out the whole history again, by plain loops. It shares no
 * code with `src/`.
 */

/** One prober was asked for one check: the walk's instant, and whether it brought a round. */
export interface NaiveAsk {
  prober: string;
  at: number;
  brought: boolean;
}

/** What somebody said of one part in one slot. */
export interface NaiveSighting {
  kind: string;
  at: number;
  cause?: string;
}

/** What one commit has seen, and when (epoch ms). */
export interface NaiveCommit {
  at: number;
  probers: readonly string[];
  blind: boolean;
  asks: readonly NaiveAsk[];
  sightings: readonly NaiveSighting[];
}

const MINUTE = 60_000;
const SLOTS: Record<string, number> = { delivery: 1, capacity: 3, schedule: 3 };

/** The incidents of one part, as they were told. */
class Story {
  #open = false;
  #episode = 0;
  #toldAt = -Infinity;
  /** The commits since it was resolved; undefined: it never was. */
  #since: number[] | undefined;

  get isOpen(): boolean {
    return this.#open;
  }

  /** A commit begins, whatever it says of this part. */
  pass(at: number): void {
    this.#since?.push(at);
  }

  open(at: number): string {
    const flaps = this.#since?.every((one) => one - this.#toldAt <= 10 * MINUTE) ?? false;
    this.#episode = flaps ? this.#episode + 1 : 1;
    this.#toldAt = flaps ? Math.max(at, this.#toldAt) : at;
    this.#open = true;
    return `opened #${this.#episode} @${this.#toldAt}`;
  }

  resolve(at: number, reason: string): string {
    this.#toldAt = Math.max(at, this.#toldAt);
    this.#open = false;
    this.#since = [];
    return `resolved #${this.#episode} ${reason} @${this.#toldAt}`;
  }
}

/** How often in a row a prober was asked and brought nothing, and since when; of commits in which it was in the config all the time. */
function silence(commits: readonly NaiveCommit[], prober: string) {
  const all = commits.flatMap(({ asks }) => {
    const mine = asks.filter((one) => one.prober === prober);
    const instants = [...new Set(mine.map(({ at }) => at))].sort((a, b) => a - b);
    // One walk is one ask, however many checks it is for; a round of one of them is enough.
    return instants.map((at) => ({ at, brought: mine.some((one) => one.at === at && one.brought) }));
  });
  const lastRound = all.findLastIndex(({ brought }) => brought);
  const rounds = all.filter(({ brought }) => brought).map(({ at }) => at);
  const since = rounds.length > 0 ? Math.max(...rounds) : all[0]?.at;
  let newest = rounds.length > 0 ? Math.max(...rounds) : -Infinity;
  let unanswered = 0;
  for (const { at } of all.slice(lastRound + 1)) {
    if (at > newest) unanswered++;
    newest = Math.max(newest, at);
  }
  return { unanswered, since };
}

/** Slots of one part in their order, each with whether anybody named a cause. */
function slotsOf(sightings: readonly NaiveSighting[], kind: string): boolean[] {
  const mine = sightings.filter((one) => one.kind === kind);
  const instants = [...new Set(mine.map(({ at }) => at))].sort((a, b) => a - b);
  return instants.map((at) => mine.some((one) => one.at === at && one.cause !== undefined));
}

/** What the commits tell, commit by commit: `check change #episode reason @instant`. */
export function replayOwn(commits: readonly NaiveCommit[]): string[][] {
  const stories = new Map<string, Story>();
  const storyOf = (check: string) => stories.get(check) ?? stories.set(check, new Story()).get(check)!;
  return commits.map((commit, k) => {
    const { at, probers, blind, sightings } = commit;
    const told: string[] = [];
    for (const story of stories.values()) story.pass(at);
    for (const prober of new Set(commits.flatMap(({ probers }) => probers))) {
      const check = `prober-${prober}`;
      if (!probers.includes(prober)) {
        if (storyOf(check).isOpen) told.push(`${check} ${storyOf(check).resolve(at, "removed")}`);
        stories.delete(check);
        continue;
      }
      const joined = commits.findLastIndex((one, i) => i < k && !one.probers.includes(prober)) + 1;
      const { unanswered, since } = silence(commits.slice(joined, k + 1), prober);
      const story = storyOf(check);
      if (story.isOpen && unanswered === 0) told.push(`${check} ${story.resolve(at, "recovered")}`);
      if (story.isOpen || unanswered < 2) continue;
      if (blind || at - since! >= 3 * MINUTE) told.push(`${check} ${story.open(at)}`);
    }
    const before = commits.slice(0, k).flatMap((one) => one.sightings);
    for (const [kind, enough] of Object.entries(SLOTS)) {
      const story = storyOf(kind);
      const mine = sightings.filter((one) => one.kind === kind);
      for (const slot of [...new Set(mine.map(({ at }) => at))].sort((a, b) => a - b)) {
        const slots = slotsOf([...before, ...mine.filter((one) => one.at <= slot)], kind);
        const bad = slots.length - 1 - slots.lastIndexOf(false);
        const good = slots.length - 1 - slots.lastIndexOf(true);
        if (story.isOpen && good >= 3) told.push(`${kind} ${story.resolve(at, "recovered")}`);
        else if (!story.isOpen && bad >= enough) told.push(`${kind} ${story.open(at)}`);
      }
    }
    return told.sort();
  });
}
