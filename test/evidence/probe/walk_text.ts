import { guardFetch } from "../../../src/base/http/guard.ts";
import { secretsOf } from "../../../src/base/secrets.ts";
import type { Check } from "../../../src/config/config.ts";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { edit, loadText } from "../../config/load_text.ts";
import { type SteppingClock, steppingClock } from "../../world/clock.ts";
import { type Route, scriptedFetch } from "../../world/network.ts";
import { ports, run } from "./steps.ts";

const STEP = '          - expect: ["status == 200", "body.ok == true"]\n';
const TARGET = "    url: https://shop.example\n";

/** What a written check is walked in. */
export interface Walked {
  /** Below `journey:`, indented by ten. */
  steps: string;
  /** Further lines of the target, indented by four, and of the check, indented by eight. */
  target?: string;
  check?: string;
  env?: Record<string, string>;
}

/** The only check of a config with these steps. */
export async function checkOf({ steps, target = "", check = "", env = {} }: Walked): Promise<Check> {
  const text = edit(
    TARGET,
    TARGET + target,
    edit(STEP, steps, edit("      - id: write\n", `      - id: write\n${check}`)),
  );
  return (await loadText(text, { env: (name) => env[name] })).checks[0]!;
}

/** Walks a check in one prober, again and again; the network answers by the script. */
export async function prober(walked: Walked, routes: Record<string, Route>) {
  const check = await checkOf(walked);
  const network = scriptedFetch(routes);
  const clock: SteppingClock = steppingClock();
  const { env = {} } = walked;
  const secrets = secretsOf(Object.keys(env), (name) => env[name]);
  const tokens = new WeakMap<object, unknown>();
  const walkOnce = () =>
    walk(
      { ...ports(guardFetch(network, false), clock), secrets },
      { ...check, baseUrl: check.target.url },
      run,
      { steps: KINDS.steps, auths: KINDS.auths, tokens },
    );
  return { check, clock, requests: network.requests, walk: walkOnce };
}
