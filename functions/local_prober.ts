import type { Ports } from "../src/base/ports.ts";
import type { Config } from "../src/config/config.ts";
import { localProber, type ProberOptions } from "../src/engine/prober/local.ts";
import type { Prober } from "../src/judgement/round.ts";

type ProberKinds = Pick<ProberOptions, "dialects" | "steps" | "auths" | "signRequest" | "authorizeReport">;

/** A prober of this config in this process. */
export function localProberOf(
  ports: Ports,
  { concurrency, connectionsPerHost, controls }: Config,
  { dialects, steps, auths, signRequest, authorizeReport }: ProberKinds,
  { id, region, limits, locate, observe }: Pick<
    ProberOptions,
    "id" | "region" | "limits" | "locate" | "observe"
  >,
): Prober {
  return localProber(ports, {
    id,
    region,
    limits,
    locate,
    observe,
    dialects,
    steps,
    auths,
    signRequest,
    authorizeReport,
    concurrency,
    connectionsPerHost,
    controls,
  });
}
