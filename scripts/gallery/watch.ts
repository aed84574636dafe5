/**
 * Runs Assay against a product, with a webhook receiver that verifies signatures with an independent library.
 */
import { type Child, startScript } from "../bench/processes.ts";
import { type DemoEvent, webhookHandler } from "../demo/hook.ts";

const CLI = new URL("../cli/assay.ts", import.meta.url).pathname;
const TOKEN = "gallery-operator-token";
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The fields of an event that the gallery reads. */
export interface Event extends DemoEvent {
  data: DemoEvent["data"] & { check: { id: string }; decision: { outcome: string } };
}

/** A check in `GET /v1/targets/{id}`. */
export interface CheckNow {
  id: string;
  outcome: string;
}

/** A running Assay with one target. */
export interface Watch {
  /** The current checks of the target. */
  checks(): Promise<CheckNow[]>;
  /**
   * The first verified event after `since` (performance.now()) that `holds` accepts. Throws after `withinMs`.
   */
  event(
    holds: (event: Event) => boolean,
    since: number,
    withinMs: number,
  ): Promise<{ event: Event; atMs: number }>;
  stop(): Promise<void>;
}

/** Starts Assay with a config, and a receiver for its webhook. */
export async function startWatch(
  target: string,
  config: string,
  env: Record<string, string>,
): Promise<Watch> {
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const events: { event: Event; atMs: number }[] = [];
  const handler = webhookHandler(secret, (_, event) => {
    if (event) events.push({ event: event as Event, atMs: performance.now() });
  });
  const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  const folder = await Deno.makeTempDir({ prefix: "assay-gallery-" });
  const secrets = {
    ASSAY_TOKEN: TOKEN,
    ONCALL_URL: `http://127.0.0.1:${receiver.addr.port}`,
    ONCALL_SECRET: secret,
  };
  const args = ["start", config, "--port", "0"];
  const assay: Child = await startScript(CLI, args, { ...env, ...secrets, TMPDIR: folder });
  return {
    async checks() {
      const answer = await fetch(`http://127.0.0.1:${assay.port}/v1/targets/${target}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return (await answer.json()).checks;
    },
    async event(holds, since, withinMs) {
      const until = performance.now() + withinMs;
      for (;;) {
        const found = events.find(({ event, atMs }) => atMs >= since && holds(event));
        if (found) return found;
        if (performance.now() > until) throw new Error(`no such webhook within ${withinMs / 1_000} s`);
        await sleep(50);
      }
    },
    async stop() {
      await assay.stop();
      await receiver.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
