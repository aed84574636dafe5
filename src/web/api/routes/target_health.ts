import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { Check, Config, Target } from "../../../config/config.ts";
import type { States } from "../../../storage/codec.ts";
import { worst } from "../../../evidence/report/merge.ts";
import type { Statement, Subsystem } from "../../../evidence/report/report.ts";
import { staleAt } from "../../../config/schedule.ts";
import type { CheckState } from "../../../judgement/state.ts";
import { problem } from "../middleware/problem.ts";
import { parseQuery } from "../middleware/query.ts";
import { dialectResponse } from "../views/dialect_response.ts";
import { type CurrentOutcome, outcomeOf } from "../../../judgement/current_outcome.ts";
import { STATUS_OF } from "../views/status.ts";
import { healthAnswers, type Operation } from "../openapi/operation.ts";
import type { ResourceContext } from "../resource.ts";
import { memoize } from "../../../base/cache.ts";

/** The store is read at most this often, however many load balancers poll. */
const CACHE_MS = 5_000;

/** Query of the route. */
const healthFilters = z.strictObject({
  as: z.optional(z.string().check(z.maxLength(100))),
  check: z.optional(z.string().check(z.maxLength(100))),
});

/**
 * `GET /v1/targets/{id}/health?as=<dialect>[&check=<id>]`: the last settled verdict on a target, or on one of
 * its checks, in a health dialect. The state is public; checks, regions, contracts and reasons need a token
 * with scope `read`.
 */
export function routes(
  { ports: { clock }, config, states: readStates, access }: Pick<
    ResourceContext,
    "ports" | "config" | "states" | "access"
  >,
): Hono {
  const app = new Hono();
  const states = memoize(clock, readStates, undefined, CACHE_MS);

  app.get("/v1/targets/:id/health", async (c) => {
    const asked = parseQuery(c, healthFilters);
    if ("response" in asked) return asked.response;
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return problem(c, "not-found", "No target has this id");
    const only = target.checks.find(({ id }) => id === asked.value.check);
    if (asked.value.check !== undefined && !only) {
      return problem(c, "not-found", "The target has no check with this id");
    }
    const isAllowed = await access.may(c, "read", target.id);
    if (!isAllowed && c.req.header("authorization")) {
      return access.refuse(c, "read", target.id);
    }
    const statement = only
      ? checkStatement(config, only, await states(), clock.now())
      : targetStatement(target, await states(), clock.now());
    const { reason: _, subsystems: __, ...coarse } = statement;
    return dialectResponse(c, asked.value.as, isAllowed ? statement : coarse);
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/targets/{id}/health",
      id: "getTargetHealth",
      summary: "The last verdict on a target in a health dialect, for load balancers and meshes",
      tag: "health",
      access: "optional",
      query: healthFilters,
      answers: healthAnswers(),
      problems: [400, 404],
    },
  ];
}

function targetStatement(target: Target, states: States, nowMs: number): Statement {
  const subsystems = target.checks.map((check) => subsystemOf(check, states[check.key], nowMs));
  const first = subsystems.find(({ state }) => state === worst(subsystems.map(({ state }) => state)));
  return {
    state: first?.state ?? "unknown",
    name: target.id,
    reason: first && `${first.name}: ${first.message}`,
    at: oldestSlot(target.checks.map(({ key }) => states[key])),
    subsystems,
  };
}

function checkStatement(config: Config, check: Check, states: States, nowMs: number): Statement {
  const state = states[check.key];
  const { state: claimState, message } = subsystemOf(check, state, nowMs);
  const isStale = outcomeOf(check, state, nowMs) === "unknown";
  const words = config.regions.map(({ id }): [id: string, word: CurrentOutcome] => [
    id,
    isStale ? "unknown" : state?.regions[id]?.outcome ?? "pending",
  ]);
  return {
    state: claimState,
    name: check.target.id,
    reason: `${message} (${words.map(([id, word]) => `${id} ${word}`).join(", ")})`,
    at: state?.slot,
    subsystems: words.map(([name, word]) => ({
      name,
      state: STATUS_OF[word],
      message: word,
      layer: "process",
      required: false,
    })),
  };
}

function subsystemOf(check: Check, state: CheckState | undefined, nowMs: number): Subsystem {
  const word = outcomeOf(check, state, nowMs);
  const phase = state && phaseOf(check, state, nowMs);
  const isFailed = STATUS_OF[word] === "not_ready";
  const message = [phase && !isFailed ? phase : word, check.contract].filter(Boolean).join(", ");
  return {
    name: check.id,
    state: phase && !isFailed ? phase : STATUS_OF[word],
    message,
    layer: "process",
    required: true,
  };
}

/** A start or shutdown that the service announced in the last slot of every prober with fresh evidence. */
function phaseOf(check: Check, { probers }: CheckState, nowMs: number): "starting" | "draining" | undefined {
  const fresh = Object.values(probers).filter(({ standing: { freshAt } }) =>
    freshAt !== undefined && nowMs <= staleAt(check, freshAt)
  );
  if (fresh.length === 0 || !fresh.every(({ witness }) => witness?.word === "announced")) return undefined;
  return fresh.some(({ phases }) => phases.drainingAt !== undefined) ? "draining" : "starting";
}

/** The oldest slot of these states; undefined if any was never settled. */
function oldestSlot(states: (CheckState | undefined)[]): number | undefined {
  const slots = states.flatMap((state) => state?.slot ?? []);
  return slots.length === states.length && slots.length > 0 ? Math.min(...slots) : undefined;
}
