/** The Worker, in which it is always the minute that cron fires for: a test need not wait for each. */
import worker from "../../functions/worker.ts";

export { Ledger, Prober } from "../../functions/worker.ts";

const { now } = Date;
let shiftMs = 0;
Date.now = () => now() + shiftMs;

export default {
  ...worker,
  scheduled(event: { scheduledTime: number }, env: Parameters<typeof worker.scheduled>[1]): Promise<void> {
    shiftMs = event.scheduledTime - now();
    return worker.scheduled(event, env);
  },
};
