/** Known-good URLs that distinguish a prober's fault from a target's. */
import { Cache } from "../../base/cache.ts";
import { exchange, USER_AGENT } from "../../base/http/client.ts";
import { atMost, type Ports } from "../../base/ports.ts";

/**
 * Controls are asked after the rounds, so the settler waits this much (ms) beyond its deadline. They do not
 * queue behind the cleanups of hanging rounds, so for this long there may be more connections than
 * `concurrency`.
 */
const CONTROLS_MS = 2_000;
/** The wait (ms) for the controls and for the measured place: normally both end earlier. */
export const OVERHEAD_MS = CONTROLS_MS + 250;

/** Whether any control answers; asked at most once a slot. */
export function controlsAsker(ports: Ports, urls: readonly string[]): (slot: number) => Promise<boolean> {
  const known = new Cache<string, Promise<boolean>>({ max: 100 });
  return (slot) =>
    known.getOrSet(
      String(slot),
      () => atMost(ports.clock, OVERHEAD_MS, anyControlAnswers(ports, urls), () => false),
    );
}

/** Whether at least one control answers 2xx; true without controls. */
async function anyControlAnswers(ports: Ports, controls: readonly string[]): Promise<boolean> {
  if (controls.length === 0) return true;
  const headers = { "user-agent": USER_AGENT };
  const limits = { deadlineMs: CONTROLS_MS, capBytes: 0 };
  const answers = await Promise.all(
    controls.map((url) => exchange(ports, { url: new URL(url), method: "GET", headers }, limits)),
  );
  return answers.some((answer) => answer.kind === "answer" && answer.status >= 200 && answer.status < 300);
}
