import type { Clock } from "../src/base/ports.ts";

/** The clock and timers of the runtime. On Workers both times advance only with I/O, which is all that they are asked about. */
export const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};
