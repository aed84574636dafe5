import type { Clock } from "../src/base/ports.ts";

/** The runtime's clock and timers. On Workers both clocks advance only with I/O, which is sufficient here. */
export const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};
