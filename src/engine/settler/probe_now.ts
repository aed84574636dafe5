/** An unscheduled walk of one check, judged by itself. */
import type { Check } from "../../config/config.ts";
import { assess } from "../../judgement/assess.ts";
import type { Walk } from "../../judgement/round.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { Clock } from "../../base/ports.ts";
import { pushes } from "../../storage/records/pushes.ts";
import type { Store } from "../../storage/store.ts";
import type { Landed } from "./collect.ts";
import { gather, type ProberAsk } from "./gather.ts";
import type { JudgeQueue } from "./judge_queue.ts";
import type { Setup } from "./setup.ts";

/** What a walk outside the plan works with. */
export interface ProbeNowContext {
  clock: Clock;
  store: Store;
  queue: JudgeQueue;
  setup: Setup;
}

/** Walks `check` now from every prober and judges it. Nothing is stored, and no vote changes. */
export async function probeNow(
  { clock, store, queue, setup }: ProbeNowContext,
  check: Check,
): Promise<CheckState> {
  const slot = clock.now();
  const walk: Walk = { slot, at: slot, kind: "turn" };
  const { config: { regions }, cache } = setup;
  const ids = regions.flatMap((region) => region.probers.map(({ id }) => id));
  const asks = ids.map((prober): ProberAsk => ({ prober, walk, checks: [check] }));
  const landed: Landed[] = [];
  const pushed = pushes(store, clock, [check]);
  await gather(setup, asks, cache, (ask, check, brought) => void landed.push({ ask, check, brought }));
  const arrivals = (await queue.arrivalsOf(landed, await pushed)).get(check)!;
  return assess(check, regions, arrivals, { newId: () => "none" }).state;
}
