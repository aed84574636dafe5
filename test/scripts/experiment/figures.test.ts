import { expect, test } from "vitest";
import { ARMS } from "../../../scripts/experiment/arms.ts";
import { figuresOf, meanOf, type Request } from "../../../scripts/experiment/figures.ts";
import { haproxyConfig, isUp } from "../../../scripts/experiment/proxy.ts";
import { tables } from "../../../scripts/experiment/report.ts";

/** 100 requests a second for two seconds; in the second half second they fail, then a quarter of them times out. */
const REQUESTS: Request[] = Array.from({ length: 200 }, (_, i) => {
  const dueMs = 10 * i;
  if (dueMs >= 500 && dueMs < 1_000) return [dueMs, "503"];
  return [dueMs, dueMs >= 1_000 && dueMs < 1_500 && i % 4 === 0 ? "timeout" : "ok"];
});

test("a run's figures are those of its requests", () => {
  expect(figuresOf(REQUESTS, { ending: "done", tookMs: 700 })).toEqual({
    requests: 200,
    failed: 63,
    reasons: { 503: 50, timeout: 13 },
    bins: [1, 0, 0.74, 1],
    worst: 0,
    downMs: 500,
    ending: "done",
    tookMs: 700,
  });
});

// By hand: mean 0.9, standard deviation 0.1, t(2) = 4.303: 4.303 x 0.1 / sqrt 3.
test.each([
  [[0.5], 0.5, undefined],
  [[0.8, 0.9, 1], 0.9, 0.2484],
  [[1, 1, 1, 1, 1], 1, 0],
])("the mean of %j is %d, half its interval %d", (values, mean, half) => {
  const found = meanOf(values);
  expect(found.mean).toBeCloseTo(mean, 6);
  if (half === undefined) expect(found.half).toBeUndefined();
  else expect(found.half).toBeCloseTo(half, 4);
});

test("the table names the arm, what it lost and how the rollout ended", () => {
  const figures = figuresOf(REQUESTS, { ending: "done", tookMs: 700 });
  const text = tables([{ scenario: "restart", arm: "port", seed: 1, figures }]).join("\n");
  expect(text).toContain("| port check | 68.50 % | 63 of 200 | 0 % | 0.5 s | done, 0.7 s |");
});

/** As HAProxy 2.6 prints it, without the columns behind the check's. */
const STATE = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state
3 app 1 r1 127.0.0.1 2 0 1 1 3 15 3 3 6
3 app 2 r2 127.0.0.1 0 8 1 1 3 8 2 0 6
3 app 3 r3 127.0.0.1 2 8 1 1 3 15 3 1 6
`;

test.each([["r1", true], ["r2", false], ["r3", false]])("%s passes its check: %s", (server, up) => {
  expect(isUp(STATE, server)).toBe(up);
});

test("a server that HAProxy does not have is an error", () => {
  expect(() => isUp(STATE, "r9")).toThrow("haproxy has no server r9");
});

test.each(ARMS.map((arm) => [arm.id, arm] as const))(
  "%s: HAProxy is configured to check what the arm says",
  (_, arm) => {
    const servers = [{ name: "r1", port: 1, spare: false }, { name: "r2", port: 2, spare: true }];
    const text = haproxyConfig(arm, {
      folder: "/tmp",
      port: 3,
      servers,
      fleetGate: { port: 4, path: "/gate" },
    });
    const asked = /option httpchk GET (\S+)/.exec(text)?.[1];
    expect(asked).toBe(
      { port: undefined, fleet: "/gate" }[arm.check as string] ??
        (arm.check === "port" ? undefined : arm.check),
    );
    expect(text).toContain("server r2 127.0.0.1:2 disabled");
  },
);
