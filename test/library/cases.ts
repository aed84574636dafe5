/** What `examples/library/judge.ts` makes of somebody else's results, in every runtime. */
import type { ProbeResult } from "../../examples/library/judge.ts";

const result = (status: number, body: string, passed: boolean): ProbeResult => ({
  health: { url: "https://shop.example/actuator/health", status, body },
  passed,
});
const [up, down] = ['{"status":"UP"}', '{"status":"DOWN"}'];

/** Name, results of three regions, outcome. */
export const CASES: [name: string, results: ProbeResult[], outcome: string][] = [
  ["two of three say ready and fail", [
    result(200, up, false),
    result(200, up, false),
    result(200, up, true),
  ], "drift"],
  ["one accuser convinces nobody", [
    result(200, up, false),
    result(200, up, true),
    result(200, up, true),
  ], "ready"],
  ["an honest refusal", [
    result(503, down, false),
    result(503, down, false),
    result(503, down, false),
  ], "not_ready"],
  ["it serves and says it does not", [
    result(503, down, true),
    result(503, down, true),
    result(200, up, true),
  ], "underclaim"],
  ["one region is not enough", [result(200, up, true)], "pending"],
];
