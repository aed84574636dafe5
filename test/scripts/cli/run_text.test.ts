import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ansi,
  formatResult,
  formatStep,
  formatSummary,
  plain,
  type RunResult,
} from "../../../scripts/cli/run_text.ts";
import { type StepEvent, walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { checkOf } from "../../judgement/generators.ts";
import { type Draft, journey, ports, run } from "../../evidence/probe/steps.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Route, scriptedFetch } from "../../world/network.ts";
import { reportOf } from "../../world/scripted_probers.ts";

const golden = (name: string) => join(import.meta.dirname!, "../../fixtures/run", `${name}.txt`);

const JSON_TYPE = { "content-type": "application/json" };
const ORDER: Draft = {
  name: "place an order",
  method: "POST",
  path: "/orders",
  json: { sku: "canary" },
  expect: ["status == 201", "body.id != ''"],
  capture: { order: "body.id", token: "body.token" },
  secretCaptures: ["token"],
};
const READ: Draft = {
  name: "read it back",
  path: "/orders/{{ captures.order }}",
  expect: ["status == 200", "body.state == 'accepted'"],
};
const PLACED: Route = {
  status: 201,
  headers: JSON_TYPE,
  json: { id: "ord_1", token: "eyJhbGciOiJub25lIn0" },
};

/** Real journeys against scripted answers; the causes are those of products in the gallery. */
const CAUSES: Record<string, Route> = {
  accepted: { headers: JSON_TYPE, json: { id: "ord_1", state: "accepted" } },
  "read-only storage": {
    status: 503,
    headers: { "content-type": "text/plain" },
    body: "storage is in read-only mode\n",
  },
  "an alarm": {
    status: 429,
    headers: JSON_TYPE,
    json: { error: "etcdserver: mvcc: database space exceeded", code: 8 },
  },
  "a GraphQL error": {
    headers: JSON_TYPE,
    json: { data: null, errors: [{ message: "subgraph orders is down" }] },
  },
  "a problem": {
    status: 500,
    headers: { "content-type": "application/problem+json" },
    json: { title: "Cannot write", detail: "cannot execute INSERT in a read-only transaction" },
  },
  "no answer": new Error("connection refused"),
};

async function walked(cause: string): Promise<{ result: RunResult; events: StepEvent[] }> {
  const clock = steppingClock();
  const events: StepEvent[] = [];
  const fetch = scriptedFetch({ "POST /orders": PLACED, "GET /orders/ord_1": CAUSES[cause]! });
  const spec = journey([ORDER, READ]);
  const pending = walk(ports(fetch, clock), spec, run, {
    steps: STEP_KINDS,
    observe: (event) => events.push(event),
  });
  await clock.advance(2_000);
  const observation = await pending;
  const isGood = observation.outcome === "pass";
  const report = reportOf("ready", 0);
  const result: RunResult = {
    check: checkOf({}),
    walked: { before: report, ...(!isGood && { after: report }), observation },
    verdict: { word: isGood ? "ready" : "drift" } as RunResult["verdict"],
  };
  return { result, events };
}

describe("what a run prints", () => {
  test.each(Object.keys(CAUSES))("%s: as in the golden file", async (cause) => {
    const { result, events } = await walked(cause);
    const text = [
      ...events.map((event) => formatStep("shop/default", event, plain)),
      formatResult(result, plain, "https://assay.example/"),
      formatSummary([result]),
    ].join("\n");
    expect(text).not.toContain("eyJhbGciOiJub25lIn0");
    await expect(`${text}\n`).toMatchFileSnapshot(golden(cause.replaceAll(" ", "_")));
  });

  test.each<[reason: "suspect" | "unbracketed", said: string]>([
    ["suspect", "why   none of the controls answered either, so the prober's own network is at fault"],
    ["unbracketed", "why   the report could not be read again"],
  ])("an inconclusive round says why: %s", async (reason, said) => {
    const { result } = await walked("a problem");
    const text = formatResult({ ...result, verdict: { word: "inconclusive", reason } }, plain);
    expect(text).toContain(`inconclusive (${reason})\n  ${said}`);
  });

  test.each(
    [
      [
        "network",
        "connect ECONNREFUSED 1.2.3.4:9",
        "the connection was refused: nothing listens there (connect ECONNREFUSED 1.2.3.4:9)",
      ],
      ["expectation", "body.e is 'ECONNREFUSED'", "body.e is 'ECONNREFUSED'"],
    ] as const,
  )("the cause of a failure: %s", async (reason, detail, said) => {
    const { result } = await walked("a problem");
    const failure = { ...result.walked.observation.failure!, reason, detail };
    const observation = { ...result.walked.observation, failure };
    const text = formatResult({ ...result, walked: { ...result.walked, observation } }, plain);
    expect(text).toContain(`: ${said}\n`);
  });

  test("a summary counts by verdict", async () => {
    const good = (await walked("accepted")).result;
    const bad = (await walked("a problem")).result;
    const failing = { ...bad, verdict: { ...bad.verdict, word: "failing" as const } };
    expect(formatSummary([...Array(13).fill(good), failing])).toBe("13 of 14 ready, 1 failing");
    expect(formatSummary([good])).toBe("1 of 1 ready");
  });

  test("colours change nothing but colours", async () => {
    const { result, events } = await walked("a problem");
    // deno-lint-ignore no-control-regex
    const bare = (text: string) => text.replace(/\x1b\[\d+m/g, "");
    expect(bare(formatResult(result, ansi))).toBe(formatResult(result, plain));
    expect(formatResult(result, ansi)).toContain("\x1b[31mdrift\x1b[0m");
    for (const event of events) {
      expect(bare(formatStep("a/b", event, ansi))).toBe(formatStep("a/b", event, plain));
    }
  });
});
