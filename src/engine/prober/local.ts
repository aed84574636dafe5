/**
 * One prober's half of a slot: a round of each check, repeated where nothing answered although the controls
 * do. It returns evidence and keeps no state but its most recent answers.
 */
import type { Check } from "../../config/config.ts";
import { atMost, type Ports } from "../../base/ports.ts";
import { mapInSlices } from "../../base/slices.ts";
import type { AuthKind, StepKind } from "../../evidence/probe/step_kind.ts";
import type { ProberLocation } from "./location.ts";
import { Cache } from "../../base/cache.ts";
import type { Dialect, RequestSigner } from "../../evidence/report/report.ts";
import { hadTransportFailure, type Walker } from "./round.ts";
import type {
  OnAnswer,
  Prober,
  ProberReply,
  ProberRequest,
  Round,
  RoundResult,
} from "../../judgement/round.ts";
import { controlsAsker, OVERHEAD_MS } from "./controls.ts";
import { type LimitOptions, type ProberLimits, proberLimits } from "./limits.ts";
import { type Missed, type Turn, walkId, Walks } from "./walks.ts";

export interface ProberOptions extends LimitOptions {
  id: string;
  region: string;
  dialects: readonly Dialect[];
  /** Signs requests to AWS APIs. */
  signRequest?: RequestSigner;
  /** Required for report sources with `auth`. */
  authorizeReport?: Walker["authorizeReport"];
  /** Called with each step of a journey as it ends. */
  observe?: Walker["observe"];
  steps: readonly StepKind[];
  auths?: readonly AuthKind[];
  /** Known-good URLs that distinguish the prober's faults from the target's. */
  controls: readonly string[];
  /** Limits shared with other probers of this process that the runtime counts together; default: its own. */
  limits?: ProberLimits;
  locate?: () => Promise<ProberLocation>;
}

/**
 * A prober in this process. If asked again for a slot that it is walking or has walked, it returns the same
 * answer.
 */
export function localProber(ports: Ports, options: ProberOptions): Prober {
  const local = new LocalProber(ports, options);
  return { id: options.id, ask: (request, onAnswer) => local.ask(request, onAnswer) };
}

type OnResult = (answer: RoundResult) => Promise<void> | void;

class LocalProber {
  readonly #ports: Ports;
  readonly #options: ProberOptions;
  readonly #limits: ProberLimits;
  readonly #controlsPass: (slot: number) => Promise<boolean>;
  readonly #walks: Walks;
  /** Sized for two of the largest slots, so that a small lane does not evict a large one. */
  readonly #rounds = new Cache<string, Promise<Round | Missed>>({ max: 100 });

  constructor(ports: Ports, options: ProberOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#limits = options.limits ?? proberLimits(options);
    this.#controlsPass = controlsAsker(ports, options.controls);
    this.#walks = new Walks(ports, { ...options, limits: this.#limits, controlsPass: this.#controlsPass });
  }

  async ask({ slot, checks, deadlineMs }: ProberRequest, onAnswer?: OnAnswer): Promise<ProberReply> {
    const { clock } = this.#ports;
    const deadline = new AbortController();
    const disarm = clock.after(deadlineMs, () => deadline.abort());
    const askedAt = clock.elapsed();
    this.#rounds.max = this.#walks.max = Math.max(this.#rounds.max, 2 * checks.length);
    if (slot !== this.#limits.slot) this.#limits.quota.renew();
    this.#limits.slot = slot;
    const admitted = this.#admit(checks, slot);
    const turn: Turn = {
      slot,
      askedAt,
      deadline: deadline.signal,
      deadlineAt: askedAt + deadlineMs,
      admitted,
      giveUps: new Set(),
    };
    // Only the whole reply says where the prober is.
    const tell = onAnswer && !this.#options.locate ? onAnswer : undefined;
    const answers = await this.#walkAll(checks, turn, (answer) => {
      if (!tell) return;
      const about = { prober: this.#options.id, slot, misplaced: false };
      if (!isDoubtful(answer)) return tell(answer, { ...about, suspect: false });
      return this.#controlsPass(slot).then((pass) => tell(answer, { ...about, suspect: !pass }));
    });
    disarm();
    const suspect = answers.some(isDoubtful) && !await this.#controlsPass(slot);
    const { colo: place, misplaced } = await this.#measureLocation();
    return { prober: this.#options.id, slot, suspect, misplaced, answers, ...(place && { place }) };
  }

  /**
   * Admits checks in order while their requests fit the remaining quota; a cheaper one further down may still
   * fit. Checks already walked cost nothing.
   */
  #admit(checks: readonly Check[], slot: number): Turn["admitted"] {
    const { budget, quota } = this.#limits;
    if (budget === Infinity) return undefined;
    return new Map(checks.flatMap((check) => {
      const isWalked = this.#rounds.get(walkId(check, { slot })) !== undefined;
      const takeBack = isWalked ? () => {} : quota.promise(this.#walks.costOf(check));
      return takeBack ? [[check, takeBack] as const] : [];
    }));
  }

  /** The result of each check by the deadline, in walk order. */
  #walkAll(checks: readonly Check[], turn: Turn, onResult: OnResult): Promise<RoundResult[]> {
    const { promise, resolve, reject } = Promise.withResolvers<RoundResult[]>();
    const answers: RoundResult[] = [];
    const order = this.#walks.inOrder(checks);
    const open = new Map(order.map((check, i) => [check, i]));
    let left = open.size;
    const settle = async (check: Check, walked: Round | Missed) => {
      const place = open.get(check);
      if (place === undefined) return;
      open.delete(check);
      answers[place] = this.#answerOf(check, turn, walked);
      await onResult(answers[place]);
      if (--left === 0) resolve(answers);
    };
    turn.deadline.addEventListener("abort", () => {
      for (const giveUp of turn.giveUps) giveUp();
      for (const check of open.keys()) {
        settle(check, this.#walks.firstOf(check, turn) ?? "deadline").catch(reject);
      }
    }, { once: true });
    if (left === 0) resolve(answers);
    mapInSlices(this.#ports.clock, order, (check) => {
      // Not after the deadline.
      if (open.has(check)) this.#walk(check, turn).then((walked) => settle(check, walked)).catch(reject);
    }).catch(reject);
    return promise;
  }

  #walk(check: Check, turn: Turn): Promise<Round | Missed> {
    if (turn.admitted && !turn.admitted.has(check)) return Promise.resolve("budget");
    return this.#rounds.getOrSet(walkId(check, turn), () => this.#walks.enter(check, turn));
  }

  /** The answer for a check. A missed walk is forgotten, so that it can be tried again. */
  #answerOf(check: Check, turn: Turn, walked: Round | Missed): RoundResult {
    turn.admitted?.get(check)?.();
    const { key, digest } = check;
    if (typeof walked !== "string") return { check: key, digest, round: walked };
    this.#rounds.delete(walkId(check, turn));
    return { check: key, digest, missed: walked };
  }

  async #measureLocation(): Promise<ProberLocation> {
    const { locate } = this.#options;
    const unknown: ProberLocation = { misplaced: false };
    return locate ? await atMost(this.#ports.clock, OVERHEAD_MS, locate(), () => unknown) : unknown;
  }
}

const isDoubtful = (answer: RoundResult) => "round" in answer && hadTransportFailure(answer.round);
