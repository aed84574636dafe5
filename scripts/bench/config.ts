import type { Config } from "../../src/config/config.ts";
import { load, loadValue } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

const OPTIONS = { kinds: KINDS, env: () => "https://prober.example" };

/** One read that proves readiness. */
export const READ_JOURNEY = [{
  name: "read an order",
  request: { path: "/item" },
  expect: ["status == 200", "body.state == 'accepted'"],
}];

/** Three steps with two captures. */
export const ORDER_JOURNEY = [
  {
    name: "place an order",
    request: { method: "POST", path: "/orders", json: { sku: "canary", ref: "{{ run.id }}" } },
    expect: ["status == 201", "body.id.matches('^ord_[a-z0-9]+$')"],
    capture: { order: "body.id", receipt: "body.receipt" },
  },
  {
    name: "read it back",
    request: { path: "/orders/{{ captures.order }}" },
    expect: ["status == 200", "body.state == 'accepted'"],
  },
  {
    name: "cancel it",
    request: {
      method: "DELETE",
      path: "/orders/{{ captures.order }}",
      query: { receipt: "{{ captures.receipt }}" },
    },
    expect: ["status in [200, 204]"],
  },
];

/** What the checks of a made config look like. */
export interface BenchPlan {
  checks: number;
  url: string;
  journey: unknown[];
  report: boolean;
  regions?: unknown[];
}

/** A config of `checks` targets with one check each, as it would be written in YAML. */
export function configValue({ checks, url, journey, report, regions = ["local"] }: BenchPlan): unknown {
  const check = { ...(report && { report: { path: "/readyz" } }), journey };
  return {
    version: 1,
    allowPrivate: true,
    // All are on one host: by so many places 10,000 checks with a report are one phase all the same (src/config/phases.ts).
    concurrency: 512,
    connectionsPerHost: 512,
    regions,
    targets: Array.from({ length: checks }, (_, i) => ({
      id: `t${i}`,
      url,
      checks: [{ id: "default", contract: "An order can be read.", ...check }],
    })),
  };
}

/** Requests at once: as many as one host gets by default. */
export const AT_ONCE = 6;

/** The same, loaded; its one host is asked by as many connections as the loop has. */
export async function makeConfig(plan: BenchPlan): Promise<Config> {
  const { config } = await loadValue(configValue(plan), OPTIONS);
  return { ...config, concurrency: AT_ONCE, connectionsPerHost: AT_ONCE };
}

/** Loads YAML. */
export const loadYaml = (text: string) => load({ kind: "yaml", text }, OPTIONS);
