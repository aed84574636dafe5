import * as z from "../../../base/zod.ts";
import type { Draft } from "../../../config/validate.ts";
import type { Step } from "../../../config/config.ts";
import {
  type Expectation,
  type Facts,
  type HostileAnswer,
  Scope,
  toMap,
  Unmet,
} from "../../../config/expression/mod.ts";
import type { GrammarFields } from "../../../config/kinds.ts";
import type { StepContext } from "../../../config/step_context.ts";
import { isTargets } from "../../reasons.ts";
import type { StepTrace } from "../observation.ts";
import type { AttemptContext, AttemptResult, StepExchange, StepFailure, StepKind } from "../step_kind.ts";
import { httpStep } from "./http.ts";
import { httpGrammar } from "./http/grammar.ts";
import type { HttpFields } from "./http/step.ts";

/** The fields of a burst of one HTTP request. */
interface BurstFields extends HttpFields {
  burst: { requests: number; concurrency: number; each: Expectation[] };
}

/** More would be a load test, which is not a prober's job. */
const MAX_REQUESTS = 50;
const MAX_CONCURRENCY = 10;
const CONCURRENCY = 5;
const EACH = "status < 400";

const grammar = (fields: GrammarFields) =>
  fields.map({
    burst: fields.map({
      requests: z.int().check(z.gte(2), z.lte(MAX_REQUESTS), z.describe("How often the request is sent.")),
      concurrency: z.optional(z.int().check(z.gte(1), z.lte(MAX_CONCURRENCY))).check(z.meta({
        description: "How many at once, as far as the prober has free connections.",
        default: CONCURRENCY,
      })),
      each: z.optional(z.string().check(z.minLength(1))).check(
        z.meta({ description: "CEL over one response: whether it counts as ok.", default: EACH }),
      ),
    }).check(z.describe("Send the request of this step several times at once.")),
    ...httpGrammar(fields).shape,
  });

const VARIABLES = {
  total: "int",
  ok: "int",
  statuses: "map<string, int>",
  failures: "map<string, int>",
  p50: "double",
  p95: "double",
  slowest: "double",
  connections: "int",
  durationMs: "double",
};

/** The result of a burst. */
interface BurstResult {
  total: number;
  ok: number;
  /** Count of answers by status. */
  statuses: Map<string, number>;
  /** Count of requests without an answer, by reason. */
  failures: Map<string, number>;
  /** Durations of the answers, ms, ascending. */
  took: number[];
  connections: number;
  durationMs: number;
}

/** Sends one request several times: a service that is warming up may pass once and fail under light load. */
export const burstStep: StepKind<BurstFields> = {
  kind: "burst",
  isHttp: true,
  schema: grammar,
  references: httpStep.references,
  scope: VARIABLES,
  get hostile() {
    return HOSTILE;
  },
  read(draft: Draft<z.infer<ReturnType<typeof grammar>>>, context: StepContext) {
    const { requests = 0, concurrency = CONCURRENCY, each = EACH } = draft.burst ?? {};
    const { compiler, captures, path } = context;
    const good = compiler.over(httpStep).expectation(each, captures, [...path, "burst", "each"]);
    return { ...httpStep.read(draft, context) as HttpFields, burst: { requests, concurrency, each: good } };
  },
  summarize: (fields) => `${fields.burst.requests} x ${httpStep.summarize(fields)}`,
  requests: ({ burst, redirects }) => ({ usual: burst.requests, most: burst.requests * (1 + redirects) }),
  run,
};

async function run(context: AttemptContext, step: Step & BurstFields): Promise<AttemptResult> {
  const { ports: { clock }, captures, run, trace, tryRun } = context;
  const { burst: { requests, concurrency, each } } = step;
  const one = { ...step, expect: each, capture: [], repeat: undefined };
  const began = clock.elapsed();
  const result: BurstResult = {
    total: requests,
    ok: 0,
    statuses: new Map(),
    failures: new Map(),
    took: [],
    connections: 0,
    durationMs: 0,
  };
  let sent = 0;
  let ours: StepFailure | undefined;
  let missed: StepFailure | undefined;
  let shown: StepExchange | undefined;
  const worker = async () => {
    result.connections++;
    while (sent < requests && !ours) {
      const { kind, ...came } = await ask(context, one, ++sent);
      if (came.failure && !isTargets(came.failure.reason)) ours = came.failure;
      missed = came.failure ?? missed;
      if (kind !== "ok" || !shown) shown = came.exchange ?? shown;
      count(result, kind, came);
    }
  };
  const spare = Math.min(concurrency, requests) - 1;
  await Promise.all([worker(), ...Array.from({ length: spare }, () => tryRun(worker))]);
  result.took.sort((a, b) => a - b);
  result.durationMs = clock.elapsed() - began;
  if (ours) return { kind: "failure", failure: ours, exchange: shown };
  trace.note = noteOf(result);
  if (missed && result.took.length === 0) return { kind: "failure", failure: missed, exchange: shown };
  const scope = new BurstScope(result, { captures, run, now: clock.now() });
  return { kind: "answer", scope, exchange: shown, shown: { burst: trace.note } };
}

/** The result of one request. */
interface Asked {
  kind: "ok" | "bad" | "missed";
  tookMs: number;
  status?: number;
  failure?: StepFailure;
  exchange?: StepExchange;
}

/** Sends one request, with its own idempotency key and span id. */
async function ask(context: AttemptContext, one: Step & HttpFields, number: number): Promise<Asked> {
  const { ports: { clock }, trace } = context;
  const own: StepTrace = {
    name: trace.name,
    totalMs: 0,
    get requests() {
      return trace.requests;
    },
    set requests(count) {
      trace.requests = count;
    },
  };
  const began = clock.elapsed();
  const time = (context.time - 1) * MAX_REQUESTS + number;
  const came = await httpStep.run({ ...context, time, trace: own }, one);
  const about = { tookMs: clock.elapsed() - began, status: own.status, exchange: came.exchange };
  if (came.kind === "failure") return { kind: "missed", ...about, failure: came.failure };
  return { kind: one.expect.every((good) => good.test(came.scope) === null) ? "ok" : "bad", ...about };
}

function count(
  result: BurstResult,
  kind: Asked["kind"],
  { tookMs, status, failure }: Omit<Asked, "kind">,
): void {
  const add = (to: Map<string, number>, name: string) => void to.set(name, (to.get(name) ?? 0) + 1);
  if (failure) return add(result.failures, failure.reason);
  if (kind === "ok") result.ok++;
  result.took.push(tookMs);
  add(result.statuses, String(status));
}

function noteOf({ total, ok, took, connections }: BurstResult): string {
  const p95 = took.length > 0 ? `, p95 ${Math.round(quantile(took, 0.95))} ms` : "";
  return `${ok} of ${total} ok${p95}, ${connections} at once`;
}

/** Quantile by nearest rank, so that it is a measured duration. */
const quantile = (ascending: readonly number[], share: number) =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!;

/** A burst as CEL values. */
class BurstScope extends Scope {
  readonly #result: BurstResult;

  constructor(result: BurstResult, facts: Facts) {
    super(facts);
    this.#result = result;
  }
  get total() {
    return BigInt(this.#result.total);
  }
  get ok() {
    return BigInt(this.#result.ok);
  }
  get statuses() {
    return countsOf(this.#result.statuses);
  }
  get failures() {
    return countsOf(this.#result.failures);
  }
  #quantile(share: number): number {
    if (this.#result.took.length === 0) throw new Unmet("missing", "no request was answered");
    return quantile(this.#result.took, share);
  }
  get p50() {
    return this.#quantile(0.5);
  }
  get p95() {
    return this.#quantile(0.95);
  }
  get slowest() {
    return this.#quantile(1);
  }
  get connections() {
    return BigInt(this.#result.connections);
  }
  get durationMs() {
    return this.#result.durationMs;
  }
}

const countsOf = (counts: Map<string, number>) =>
  toMap(Object.fromEntries([...counts].map(([name, count]) => [name, BigInt(count)])));

/** Answers that are fast but useless. */
const HOSTILE: readonly HostileAnswer[] = [["503 to every request", "503"], [
  "200 with an error to every request",
  "200",
]]
  .map(([name = "", status = ""]) => ({
    name,
    scope: (facts) =>
      new BurstScope({
        total: 10,
        ok: 0,
        statuses: new Map([[status, 10]]),
        failures: new Map(),
        took: Array(10).fill(1),
        connections: 1,
        durationMs: 1,
      }, facts),
  }));
