import type { Mark } from "./chart.tsx";

/** Converts events (epoch ms) to marks of a chart that covers `from` to `to`. */
export function marksOf(from: number, to: number) {
  const share = (at: number) => Math.min(1, Math.max(0, (at - from) / (to - from)));
  return {
    instants: (all: readonly { at: number }[]): Mark[] =>
      all.filter(({ at }) => at >= from && at <= to).map(({ at }) => ({ from: share(at) })),
    spans: (all: readonly { from: number; until: number }[]): Mark[] =>
      all.filter((one) => one.from < to && one.until > from)
        .map((one) => ({ from: share(one.from), to: share(one.until) })),
  };
}
