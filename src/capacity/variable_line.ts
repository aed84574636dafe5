/** How many variables a Worker of this config has, against what a plan allows. */
import { references } from "../base/secrets.ts";
import type { Plan } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { type BudgetLine, checkLimit } from "./line.ts";
import { VARIABLES } from "./prices.ts";

/** `ASSAY_PLAN` of wrangler.toml. */
const OWN = 1;

/** Each object once: a check knows its target, which has it. */
function textOf(config: Config): string {
  const seen = new Set<unknown>();
  return JSON.stringify(config, (_, value) => {
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return undefined;
    seen.add(value);
    return value;
  });
}

/** The line of a deployment's variables: plain ones and secrets count together. */
export function variableLine(config: Config, plan: Plan): BudgetLine {
  const names = references(textOf(config)).filter((name) => !name.startsWith("file:"));
  const limit = VARIABLES[plan];
  const first = names[limit - OWN];
  return checkLimit({
    name: "environment variables",
    value: names.length + OWN,
    limit,
    counted: "each ${env:NAME} of the config once, and ASSAY_PLAN; secrets and plain ones together",
    where: first ? `the first that does not fit is ${first}` : `${names.length} in the config`,
  });
}
