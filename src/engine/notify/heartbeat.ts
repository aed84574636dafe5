import type { Ports } from "../../base/ports.ts";
import type { Config, Heartbeat } from "../../config/config.ts";
import { overHttp } from "./over_http.ts";

/** Deadline of one request. */
const DEADLINE_MS = 10_000;

const send = overHttp<Heartbeat, undefined>({ url: ({ url }) => url, fill: () => ({ method: "GET" }) });

/**
 * Reports to a receiver that slots are settled. `at` is the instant of the slot just settled, epoch ms. Never
 * rejects.
 */
export type Beat = (at: number) => Promise<void>;

/**
 * The heartbeat of a config, if it has one. Sends at most one request per `every`, and none while one is
 * running. Logs the first failure and the recovery.
 */
export function heartbeat(
  { clock, fetch, secrets, log }: Pick<Ports, "clock" | "fetch" | "secrets" | "log">,
  { heartbeat: settings }: Pick<Config, "heartbeat">,
): Beat | undefined {
  if (!settings) return undefined;
  const ports = { clock, fetch, secrets, deadlineMs: Math.min(DEADLINE_MS, settings.everyMs) };
  let [isUnderWay, isFailing] = [false, false];
  let last: number | undefined;
  return async (at) => {
    // Slot instants, so that a late slot does not skip the next; `abs`, so that a clock set back does not
    // stop it.
    if (isUnderWay || (last !== undefined && Math.abs(at - last) < settings.everyMs)) return;
    last = at;
    isUnderWay = true;
    const { kind, receiver, detail } = await send(undefined, settings, ports);
    isUnderWay = false;
    const fails = kind !== "delivered";
    if (fails && !isFailing) log.warn("heartbeat failing", { receiver, detail });
    if (!fails && isFailing) log.info("heartbeat recovered", { receiver });
    isFailing = fails;
  };
}
