import type { Ports } from "../../base/ports.ts";
import type { Config, Heartbeat } from "../../config/config.ts";
import { overHttp } from "./over_http.ts";

/** The most that one request may take, ms. */
const DEADLINE_MS = 10_000;

const send = overHttp<Heartbeat, undefined>({ url: ({ url }) => url, fill: () => ({ method: "GET" }) });

/** Reports to a receiver that slots are settled; `at` is the instant (epoch ms) of one that just was. Never rejects. */
export type Beat = (at: number) => Promise<void>;

/**
 * The beat of a config; undefined: it has none. It asks at most once in `every`, and not while a request is under way. A failure is a
 * line of the log once, and another when it works again.
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
    // Instants of slots, so that one that was late does not cost the next; a clock that was set back must not silence it.
    if (isUnderWay || (last !== undefined && Math.abs(at - last) < settings.everyMs)) return;
    last = at;
    isUnderWay = true;
    const { kind, receiver, detail } = await send(undefined, settings, ports);
    isUnderWay = false;
    const fails = kind !== "delivered";
    if (fails && !isFailing) log.warn("the heartbeat fails", { receiver, detail });
    if (!fails && isFailing) log.info("the heartbeat works again", { receiver });
    isFailing = fails;
  };
}
