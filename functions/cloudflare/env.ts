import type { Plan } from "../../src/base/limits.ts";

export type Env = Record<string, unknown>;

export const stringBinding = (env: Env, name: string) =>
  typeof env[name] === "string" ? env[name] : undefined;

/** The deployment's plan; the free one unless ASSAY_PLAN names the other. */
export const planOf = ({ ASSAY_PLAN }: Env): Plan => ASSAY_PLAN === "paid" ? "paid" : "free";
