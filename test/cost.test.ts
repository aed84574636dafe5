import { expect, test } from "vitest";
import type { Step } from "../src/config/config.ts";
import { requestsOf } from "../src/cost.ts";

const step = (until?: Step["until"]) => ({ until } as Step);
const report = { path: "/readyz", headers: [], dialect: "auto", timeoutMs: 2_000 };

test.each<[string, Parameters<typeof requestsOf>[0], number]>([
  ["one step", { journey: [step()], cleanup: [] }, 1],
  ["a report is read twice at most", { report, journey: [step()], cleanup: [] }, 3],
  ["cleanup counts", { report, journey: [step(), step()], cleanup: [step()] }, 5],
  // At 0, 200 ... 3,000 ms: sixteen tries.
  ["polls count", { journey: [step({ everyMs: 200, withinMs: 3_000 })], cleanup: [] }, 16],
])("requestsOf: %s", (_name, check, requests) => {
  expect(requestsOf(check)).toBe(requests);
});
