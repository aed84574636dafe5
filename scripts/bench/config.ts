import type { Config } from "../../src/config/config.ts";
import { load, loadValue } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

const OPTIONS = { kinds: KINDS, env: () => "https://prober.example" };

/** A journey of one read. */
export const READ_JOURNEY = [{
  name: "read an order",
  request: { path: "/item" },
  expect: ["status == 200", "body.state == 'accepted'"],
}];

/** A journey of three steps with two captures. */
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

/** The checks of a generated config. */
export interface BenchPlan {
  checks: number;
  url: string;
  journey: unknown[];
  report: boolean;
  regions?: unknown[];
}

/** A config of `checks` targets with one check each, as a parsed YAML value. */
export function configValue({ checks, url, journey, report, regions = ["local"] }: BenchPlan): unknown {
  const check = { ...(report && { report: { path: "/readyz" } }), journey };
  return {
    version: 1,
    allowPrivate: true,
    // All checks are on one host. With this concurrency even 10,000 checks with a report fit in one phase
    // (src/config/phases.ts).
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

/** Concurrent requests: the default for one host. */
export const AT_ONCE = 6;

/** Loads such a config, with as many connections to its host as the loop has. */
export async function makeConfig(plan: BenchPlan): Promise<Config> {
  const { config } = await loadValue(configValue(plan), OPTIONS);
  return { ...config, concurrency: AT_ONCE, connectionsPerHost: AT_ONCE };
}

/** Loads YAML. */
export const loadYaml = (text: string) => load({ kind: "yaml", text }, OPTIONS);
