import { afterAll, describe, expect, test } from "vitest";
import { type Child, spawn } from "./child.ts";

const children: Child[] = [];
afterAll(() => children.forEach((child) => child.kill("SIGTERM")));
function play(...args: string[]): Child {
  const demo = spawn("../../scripts/demo/demo.ts", args);
  children.push(demo);
  return demo;
}

/** What the story must tell, in this order. */
const TOLD = [
  /assay +ready: fra ready/,
  /assay +\w+: fra drift, iad (?!drift)/,
  /assay +drift: fra drift, iad drift/,
  /assay +drift: fra drift, iad drift, sin drift$/,
  /assay +ready: (?!.*drift)/,
  /drift, quorum, verified webhooks and recovery were all seen$/,
];
/** What a chat gets beside it. */
const CHAT = [/slack +CRITICAL: Demo shop .* regions agree/, /slack +RESOLVED: Demo shop .* has recovered/];
/** And this beside it: the quorum's webhook before the recovery's. */
const WEBHOOKS = [
  /assay +\w+: fra drift/,
  /webhook +incident\.opened, signature verified: .* regions agree/,
  /the order workers catch up$/,
  /webhook +incident\.resolved, signature verified: .* has recovered/,
];

// Each waits for processes of its own, and hardly for the processor.
describe.concurrent("demo", () => {
  test.each([
    ["--once", []],
    ["--once --push, whose unit is active all the time,", [/unit +pushed ready \(systemd\)/]],
  ])(
    "demo %s tells of drift, quorum, verified webhooks and recovery, in that order, and exits 0",
    async (options, before) => {
      const demo = play(...options.match(/--\w+/g)!);
      const { code } = await demo.ended;
      expect({ code, err: demo.err }).toEqual({ code: 0, err: [] });
      const told = [...before, ...TOLD];
      expect(inOrder(demo.out, told)).toEqual(told);
      expect(inOrder(demo.out, WEBHOOKS)).toEqual(WEBHOOKS);
      expect(inOrder(demo.out, CHAT)).toEqual(CHAT);
      expect(demo.out.filter((line) => /webhook +refused/.test(line))).toEqual([]);
    },
    300_000,
  );

  test("demo goes on: a key breaks the shop again, the button of its page mends it", async () => {
    const demo = play();
    const line = await demo.line("out", (line) => line.includes("b breaks the shop again"));
    const url = /at (http:\S+);/.exec(line)![1]!;
    const seen = demo.out.length;
    await demo.write("b\n");
    await demo.line("out", (line, i) => i >= seen && /assay +drift/.test(line));
    expect(await (await fetch(url)).text()).toContain("orders stay pending");
    const form = { method: "POST", body: new URLSearchParams(), redirect: "manual" } as const;
    expect((await fetch(`${url}/catch-up`, form)).status).toBe(303);
    await demo.line("out", (line, i) => i >= seen && /webhook +incident\.resolved/.test(line));
  }, 300_000);
});

/** As many of the patterns as the lines hold one after the other. */
function inOrder(lines: string[], patterns: RegExp[]): RegExp[] {
  let found = 0;
  for (const line of lines) if (patterns[found]?.test(line)) found++;
  return patterns.slice(0, found);
}
