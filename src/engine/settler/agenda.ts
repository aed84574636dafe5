/** Plans which probers walk which checks at which instants. Pure. */
import type { Check, Config } from "../../config/config.ts";
import { dealTurns, periodMs, previousSlots, slots, turnAt, turnsOf } from "../../config/schedule.ts";
import { MINUTE_MS } from "../../base/time.ts";
import type { Walk } from "../../judgement/round.ts";
import type { CheckState } from "../../judgement/state.ts";

/** Some checks of one lane that some probers walk at one instant. */
export interface PlannedWalk {
  walk: Walk;
  checks: readonly Check[];
  probers: readonly string[];
}

/** The turns in [fromMs, untilMs), in order. Both are epoch ms and whole minutes. */
export type Agenda = (fromMs: number, untilMs: number) => PlannedWalk[];

export function agendaOf({ checks, regions }: Pick<Config, "checks" | "regions">): Agenda {
  const groups = [...Map.groupBy(checks, (check) => JSON.stringify([check.schedule, check.turns])).values()];
  const plans = groups.map((checks) => {
    const turns = turnsOf(checks[0]!, regions);
    const dealt = Map.groupBy(dealTurns(regions, turns), ([, turn]) => turn);
    const probers = Array.from({ length: turns }, (_, i) => (dealt.get(i) ?? []).map(([id]) => id));
    return { checks, turns, probers };
  });
  return (fromMs, untilMs) =>
    plans.flatMap(({ checks, turns, probers }) =>
      slotsAround(checks[0]!, turns, fromMs, untilMs).flatMap((slot) =>
        probers.map((probers, turn): PlannedWalk => ({
          walk: { slot, at: turnAt(checks[0]!, slot, turn, turns), kind: "turn" },
          checks,
          probers,
        }))
      )
    ).filter(({ walk: { at } }) => at >= fromMs && at < untilMs)
      .sort((a, b) => a.walk.at - b.walk.at || a.walk.slot - b.walk.slot);
}

/** The slots with a turn that may begin in [fromMs, untilMs). */
function slotsAround(check: Check, turns: number, fromMs: number, untilMs: number): number[] {
  if (turns > 1) {
    const shortest = "everyMs" in check.schedule ? check.schedule.everyMs : MINUTE_MS;
    return previousSlots(check, untilMs - 1, Math.ceil((untilMs - fromMs) / shortest) + 1);
  }
  const minutes = Array.from({ length: (untilMs - fromMs) / MINUTE_MS }, (_, i) => fromMs + i * MINUTE_MS);
  return minutes.flatMap((minute) => slots([check], minute));
}

/** The pending confirmations by check and scope; those older than a period have expired. */
export function confirmationsOf(
  check: Check,
  state: CheckState | undefined,
  { regions }: Pick<Config, "regions">,
): PlannedWalk[] {
  return Object.entries(state?.scopes ?? {}).flatMap(([scope, { confirmation }]) => {
    if (!confirmation || confirmation.at + periodMs(check, confirmation.at) <= state!.judgedAt) return [];
    const { at } = confirmation;
    const probers = regions.filter(({ id }) => scope === "global" || id === scope)
      .flatMap((region) => region.probers.map(({ id }) => id));
    return [{ walk: { slot: at, at, kind: "confirmation" }, checks: [check], probers }];
  });
}
