import { expect, test } from "vitest";
import type { ReportSource, Step } from "../../src/config/config.ts";
import { requestsOf } from "../../src/config/requests.ts";

const step = (until?: Step["until"]) => ({ until, requests: { usual: 1, most: 1 } } as Step);
const asked: ReportSource = {
  kind: "asked",
  name: "app",
  path: "/readyz",
  headers: [],
  dialect: "auto",
  timeoutMs: 2_000,
};
const pushed: ReportSource = { kind: "pushed", name: "unit", ttlMs: 60_000, question: "push" };
const reporting = (...sources: ReportSource[]) => ({ sources, rule: "worst" as const });
const report = reporting(asked);

test.each<[string, Parameters<typeof requestsOf>[0], number]>([
  ["one step", { journey: [step()], cleanup: [] }, 1],
  ["a report is read twice at most", { report, journey: [step()], cleanup: [] }, 3],
  ["so is each of several sources", { report: reporting(asked, asked), journey: [step()], cleanup: [] }, 5],
  ["what is pushed costs nothing", { report: reporting(asked, pushed), journey: [step()], cleanup: [] }, 3],
  ["cleanup counts", { report, journey: [step(), step()], cleanup: [step()] }, 5],
  // At 0, 200 ... 3,000 ms: sixteen tries.
  ["polls count", { journey: [step({ everyMs: 200, withinMs: 3_000 })], cleanup: [] }, 16],
])("requestsOf: %s", (_name, check, requests) => {
  expect(requestsOf(check)).toBe(requests);
});
