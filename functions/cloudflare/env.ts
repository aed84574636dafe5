import type { Plan } from "../../src/base/limits.ts";

/** Bindings and secrets, by name. */
export type Env = Record<string, unknown>;

/** A string binding. */
export const stringBinding = (env: Env, name: string) =>
  typeof env[name] === "string" ? env[name] : undefined;

/** The plan that this deployment says it is on; without a word the smaller one. */
export const planOf = ({ ASSAY_PLAN }: Env): Plan => ASSAY_PLAN === "paid" ? "paid" : "free";
