import { describe, expect, test } from "vitest";
import { assess } from "../../src/judgement/assess.ts";
import type { Arrival, Brought } from "../../src/judgement/round.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { roundOf } from "../world/scripted_probers.ts";
import { threeRegions } from "../world/settler_fixture.ts";
import { START, testEnv } from "../world/test_env.ts";

const [MINUTE, DAY] = [60_000, 86_400_000];
const PROBERS = ["fra", "iad", "sin"] as const;
const load = async (...more: [from: string, to: string][]) => (await testEnv(threeRegions(more))).config;
const config = await load();

/** A ready round, or one that drifts, that saw certificates with so many days left, one a step. */
function saw(days: number[], word: "ready" | "drift" = "ready"): Brought {
  const round = roundOf(word, START);
  const steps = days.map((left) => ({
    ...round.observation.steps[0]!,
    wire: { certificate: { notAfter: START + left * DAY, issuer: "Example CA" } },
  }));
  return { round: { ...round, observation: { ...round.observation, steps } } };
}

const PLAIN: Brought = { round: roundOf("ready", START) };

/** One minute after the other; what each prober brings, or what all do. Answers the change of each minute and the last state. */
function play(minutes: (Brought | Brought[])[], { checks: [check], regions } = config) {
  let state: CheckState | undefined;
  let ids = 0;
  const changes = minutes.map((all, minute) => {
    const at = START + minute * MINUTE;
    const arrivals = PROBERS.map((prober, i): Arrival => ({
      prober,
      walk: { slot: at, at, kind: "turn" },
      ...(Array.isArray(all) ? all[i]! : all),
    }));
    const made = assess(check!, regions, arrivals, { before: state, newId: () => `i${ids++}` });
    state = made.state;
    return made.transitions.filter(({ incident }) => incident.family === "certificate");
  });
  return { changes, words: changes.map((of) => of.map(({ change }) => change).join()), state: state! };
}

describe("a certificate that ends soon", () => {
  test.each<[name: string, minutes: (Brought | Brought[])[], words: string[]]>([
    ["is told of once, from 14 days before its end", [saw([14.0001]), saw([14]), saw([13])], [
      "",
      "opened",
      "",
    ]],
    ["until a longer one is seen", [saw([5]), saw([5]), saw([90])], ["opened", "", "resolved"]],
    ["by one prober too", [[saw([90]), saw([3]), saw([90])]], ["opened"]],
    ["while any prober still sees it", [saw([3]), [saw([90]), saw([3]), saw([90])]], ["opened", ""]],
    ["in any step", [saw([90, 3, 60])], ["opened"]],
    ["after its end", [saw([-1])], ["opened"]],
    ["and not without TLS", [PLAIN, PLAIN], ["", ""]],
    ["it stands while nobody gets as far as TLS", [saw([3]), ...Array(9).fill(PLAIN)], [
      "opened",
      ...Array(9).fill(""),
    ]],
    ["what a suspect prober saw does not count", [[{ ...saw([3]), fault: "suspect" }, PLAIN, PLAIN]], [""]],
  ])("%s", (_, minutes, words) => expect(play(minutes).words).toEqual(words));

  test.each([[0, "0 s ago, 2023-11-14"], [1 / DAY, "in 0 s, 2023-11-14"], [-1, "24 h ago, 2023-11-13"], [
    0.5,
    "12 h, 2023-11-15",
  ]])(
    "%d days before its end says so",
    (days, text) => {
      const { reason } = play([saw([days])]).changes[0]![0]!.incident.timeline[0]!;
      expect(reason).toContain(text);
    },
  );

  test("is a warning of its own, with the day, and part of no outcome", () => {
    const { changes, state } = play([saw([5])]);
    expect(changes[0]![0]!.incident).toMatchObject({
      family: "certificate",
      kind: "certificate",
      severity: "warning",
      scope: "global",
      timeline: [{ change: "opened", reason: "in 5 d, 2023-11-19, issued by Example CA" }],
    });
    expect(state.outcome).toBe("ready");
  });

  test("stands beside an incident of the service", () => {
    const { state } = play(Array(3).fill(saw([5], "drift")));
    expect(state.incidents.map(({ family, state }) => [family, state])).toEqual([
      ["service", "open"],
      ["certificate", "open"],
    ]);
  });

  test("is one incident where each region decides by itself", async () => {
    const each = await load(["{ id: read,", "{ id: read, scope: region,"]);
    expect(each.checks[0]!.scope).toBe("region");
    const { changes } = play([saw([5])], each);
    expect(changes[0]!.map(({ incident: { scope } }) => scope)).toEqual(["global"]);
  });

  test.each([["0", [""]], ["3d", [""]], ["30d", ["opened"]]])(
    "certificateWarning: %s",
    async (value, words) => {
      const own = await load(["{ id: read,", `{ id: read, certificateWarning: ${value},`]);
      expect(play([saw([5])], own).words).toEqual(words);
    },
  );
});
