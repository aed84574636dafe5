/** The walks of a lease's minute, and those of the minute before that may still be under way. */
import { missing } from "../../judgement/missed_reasons.ts";
import { missedAt, walkedAt } from "../../judgement/arrival.ts";
import { isLeftOut } from "../../judgement/hanging.ts";
import { STEP_BACK_MS } from "../../judgement/assess.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Walk } from "../../judgement/round.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Lease } from "../../storage/store.ts";
import { periodMs } from "../../config/schedule.ts";
import { laneOf } from "../../storage/codec.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { agendaOf, confirmationsOf, type PlannedWalk } from "./agenda.ts";
import type { Landed } from "./collect.ts";
import type { ProberAsk } from "./gather.ts";
import type { StateCache } from "./state_cache.ts";

/** One lane's walks at one instant: who is asked, and who is due but not asked. */
export interface Flight {
  /** Epoch ms. */
  at: number;
  lane: string;
  /** No process can have asked for its slots before. */
  isNew: boolean;
  /** The config that it was asked under. */
  config: Config;
  asks: ProberAsk[];
  unasked: Landed[];
}

export interface MinutePlanOptions {
  config: Config;
  cache: StateCache;
  /** Walk a slot however late it is. */
  walksLate: boolean;
  /** Skip every second slot of a check that hangs. */
  sparesHanging: boolean;
}

/** Some checks of one lane in a walk that is due. */
interface DueWalk {
  walk: Walk;
  checks: readonly Check[];
  isLate: boolean;
}

export class MinutePlan {
  readonly #options: MinutePlanOptions;
  readonly #agenda: ReturnType<typeof agendaOf>;
  #lease: Lease | null = null;
  /** Turns of the minute that have not begun, in order. */
  #turns: PlannedWalk[] = [];
  readonly #confirmations = new Map<Check, PlannedWalk[]>();
  /**
   * Confirmations begun under this lease, by check and instant, so that one whose commit keeps failing is not
   * begun again.
   */
  #begun = new Set<string>();
  /** The checks that are asked for and not yet settled, by {@linkcode idOf}. */
  #asked = new Map<string, Set<string>>();
  /** The store holds no judgement although an earlier lease existed. */
  #isUnjudged = false;

  constructor(options: MinutePlanOptions) {
    this.#options = options;
    this.#agenda = agendaOf(options.config);
  }

  /**
   * Plans a lease's minute from the cached states. A walk asked for twice is harmless: a prober repeats its
   * answer.
   */
  begin(lease: Lease): void {
    const { config: { checks }, cache } = this.#options;
    this.#lease = lease;
    this.#begun.clear();
    this.#turns = this.#agenda(lease.tick - MINUTE_MS, lease.tick + MINUTE_MS);
    this.#isUnjudged = lease.fence > 1 && checks.every(({ key }) => !cache.stateOf(key));
    for (const check of checks) this.noteConfirmations(check, cache.stateOf(check.key));
  }

  /** Continues another plan's minute. `before` must have begun everything due by `nowMs`. */
  succeed(before: MinutePlan, nowMs: number): void {
    [this.#lease, this.#begun, this.#asked] = [before.#lease, before.#begun, before.#asked];
    const { config: { checks }, cache } = this.#options;
    for (const check of checks) this.noteConfirmations(check, cache.stateOf(check.key));
    if (!this.#lease) return;
    const { tick } = this.#lease;
    this.#turns = this.#agenda(tick, tick + MINUTE_MS).filter(({ walk: { at } }) => at > nowMs);
  }

  /** Records the confirmations that a state calls for. */
  noteConfirmations(check: Check, state: CheckState | undefined): void {
    const planned = confirmationsOf(check, state, this.#options.config);
    if (planned.length > 0) this.#confirmations.set(check, planned);
    else this.#confirmations.delete(check);
  }

  /** Whether the lease's minute is still running. */
  isHeld(nowMs: number): boolean {
    return this.#lease !== null && nowMs < this.#lease.tick + MINUTE_MS;
  }

  /** When (epoch ms) the next known walk of the minute is due; undefined: none is left. */
  next(): number | undefined {
    if (!this.#lease) return undefined;
    const until = this.#lease.tick + MINUTE_MS;
    const times = [...this.#turns.slice(0, 1), ...this.#openConfirmations()].map(({ walk }) => walk.at)
      .filter((at) => at < until);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Takes the walks that are due, by lane and instant; they count as begun. */
  takeDue(nowMs: number): Flight[] {
    if (!this.isHeld(nowMs)) return [];
    const due = this.#takePlanned(nowMs);
    let newest: Map<Check, number> | undefined;
    const flights = new Map<string, Flight>();
    for (const { walk, checks, probers } of due) {
      const isLate = this.#isLate(walk, checks[0]!, nowMs);
      // That minute belonged to another process, so the gap is not reported here.
      if (isLate && this.#isEarlier(walk)) continue;
      // Of several late slots only the last is judged; the time before it counts as unjudged.
      if (isLate) newest ??= newestSlots(due);
      const judged = isLate ? checks.filter((check) => walk.slot >= newest!.get(check)!) : checks;
      const flight = this.#flightOf(flights, laneOf(checks[0]!), walk);
      for (const prober of probers) this.#addAsk(flight, prober, { walk, checks: judged, isLate });
    }
    return [...flights.values()].filter(({ asks, unasked }) => asks.length + unasked.length > 0);
  }

  /** Marks these arrivals as settled, or as never to be. */
  release(landed: readonly Landed[]): void {
    for (const [ask, mine] of Map.groupBy(landed, ({ ask }) => ask)) {
      const id = idOf(ask.prober, ask.walk);
      const asked = this.#asked.get(id);
      for (const { check } of mine) asked?.delete(check.key);
      if (asked?.size === 0) this.#asked.delete(id);
    }
  }

  #takePlanned(nowMs: number): PlannedWalk[] {
    const isDue = ({ walk: { at } }: PlannedWalk) => at <= nowMs;
    const confirmations = this.#openConfirmations().filter(isDue);
    for (const { walk, checks: [check] } of confirmations) this.#begun.add(`${check!.key} ${walk.at}`);
    const due = [
      ...this.#turns.filter(isDue),
      ...confirmations.filter((planned) => !isExpired(planned, nowMs)),
    ];
    this.#turns = this.#turns.filter((planned) => !isDue(planned));
    return due;
  }

  #flightOf(flights: Map<string, Flight>, lane: string, walk: Walk): Flight {
    const { at, slot } = walk;
    const id = `${lane} ${at}`;
    const isNew = at === slot && !this.#isEarlier(walk);
    const flight = flights.get(id) ??
      { at, lane, isNew, config: this.#options.config, asks: [], unasked: [] };
    flights.set(id, flight);
    return flight;
  }

  #addAsk(flight: Flight, prober: string, { walk, checks, isLate }: DueWalk): void {
    const due = this.#openOf(prober, checks, walk);
    const open = this.#isEarlier(walk) ? due.filter((check) => this.#isUnderWay(check, walk)) : due;
    if (open.length === 0) return;
    const known = flight.asks.find((ask) => ask.prober === prober && ask.walk.slot === walk.slot);
    const ask = known ?? { prober, walk, checks: [] };
    const id = idOf(prober, walk);
    const asked = this.#asked.get(id) ?? new Set();
    this.#asked.set(id, asked);
    for (const { key } of open) asked.add(key);
    if (isLate) {
      return void flight.unasked.push(...open.map((check) => ({ ask, check, brought: missing("late") })));
    }
    const { left = [], walked = [] } = Object.groupBy(
      open,
      (check) => this.#isLeftOut(prober, check, walk) ? "left" : "walked",
    );
    for (const check of left) {
      flight.unasked.push({ ask, check, brought: missing("budget"), leftOut: true });
    }
    if (walked.length === 0) return;
    if (known) known.checks = [...known.checks, ...walked];
    else flight.asks.push({ ...ask, checks: walked });
  }

  #isLeftOut(prober: string, check: Check, walk: Walk): boolean {
    const state = this.#options.cache.stateOf(check.key)?.probers[prober];
    return this.#options.sparesHanging && !!state && isLeftOut(check, state, walk);
  }

  #isEarlier = ({ at }: Walk) => at < this.#lease!.tick;

  #isLate({ kind, at, slot }: Walk, check: Check, nowMs: number): boolean {
    return !this.#options.walksLate && kind === "turn" && nowMs - at > periodMs(check, slot) / 2;
  }

  /** Confirmations that some prober has yet to walk. */
  #openConfirmations(): PlannedWalk[] {
    return [...this.#confirmations.values()].flat().filter(({ walk, checks: [check], probers }) =>
      !this.#begun.has(`${check!.key} ${walk.at}`) &&
      probers.some((prober) => this.#openOf(prober, [check!], walk).length > 0)
    );
  }

  /** Those of these checks that this prober has yet to walk. */
  #openOf(prober: string, checks: readonly Check[], walk: Walk): Check[] {
    const asked = this.#asked.get(idOf(prober, walk));
    return checks.filter((check) => !asked?.has(check.key) && !this.#isKnown(prober, check, walk));
  }

  #isKnown(prober: string, { key }: Check, { at }: Walk): boolean {
    const state = this.#options.cache.stateOf(key)?.probers[prober];
    const known = state ? Math.max(walkedAt(state), missedAt(state)) : -Infinity;
    // An instant far ahead was settled before the clock stepped back.
    return known >= at && known - at <= STEP_BACK_MS;
  }

  /**
   * Whether a walk before this lease may be under way: some process was judging by then, or died before the
   * store's first judgement.
   */
  #isUnderWay({ key, ...check }: Check, { slot, at }: Walk): boolean {
    const judgedAt = this.#options.cache.stateOf(key)?.judgedAt;
    return judgedAt === undefined ? this.#isUnjudged : at - judgedAt <= periodMs(check, slot);
  }
}

/** Identifies a prober's walk of many checks. */
const idOf = (prober: string, { slot, at }: Walk) => `${prober} ${slot} ${at}`;

/** A confirmation says nothing about its slot once the next slot is due. */
const isExpired = ({ walk: { at }, checks: [check] }: PlannedWalk, nowMs: number) =>
  nowMs - at >= periodMs(check!, at);

const newestSlots = (due: readonly PlannedWalk[]): Map<Check, number> =>
  new Map(due.flatMap(({ walk, checks }) => checks.map((check) => [check, walk.slot])));
