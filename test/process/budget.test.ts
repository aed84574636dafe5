import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawn } from "./child.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "assay-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A report and one step each: 3 subrequests in the worst case. */
function config(checks: number, regions = "[weur, enam, oc]", store = "", every = ""): string {
  const target = (_: unknown, i: number) => `
  - id: t${i}
    url: "\${env:NOWHERE_SET}"
    checks: [{ ${every}report: { path: /readyz }, journey: [{ expect: body.ok == true }] }]`;
  const file = join(folder, `${checks}${regions.length}${store.length}.yaml`);
  const targets = Array.from({ length: checks }, target).join("");
  writeFileSync(file, `version: 1\n${store}\nregions: ${regions}\ntargets:${targets}\n`);
  return file;
}

async function budget(...args: string[]) {
  const child = spawn("../../scripts/cli/assay.ts", ["budget", ...args]);
  const { code } = await child.ended;
  return { code, out: child.out.join("\n"), err: child.err.join("\n") };
}

describe.concurrent("assay budget", () => {
  test("ten checks fit the free plan, and no secret has to be set", async () => {
    const { code, out, err } = await budget(config(10));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    // 10 * 3 and the trace
    expect(out).toMatch(/^\| subrequests of an ask of a prober +\| +31 \| +50 \| yes +\|/m);
    // 47 ms to wake, 10 * 0.09 and 31 * 0.61
    expect(out).toMatch(/^\| CPU of an ask of a prober, ms +\| +66.81 \| +30,000 \| open +\|/m);
    expect(out).toMatch(
      /\nit fits the free plan, with these doubts:\n {2}the same with all redirects: 81, limit 50/,
    );
    const widths = out.split("\n").filter((line) => line.startsWith("|")).map((line) => line.length);
    expect(new Set(widths).size).toBe(1);
  });

  test("a thousand do not, and the table says which limit and check", async () => {
    const { code, out } = await budget(config(1_000), "--plan", "free");
    expect(code).toBe(1);
    // 49 / 3 = 16 checks of three requests fit one object: 1000 / 16 = 62.5
    expect(out).toMatch(/^\| objects of each place +\| +63 \| +64 \| yes +\|/m);
    expect(out).toMatch(/^\| subrequests of an ask of a prober +\| +49 \| +50 \| yes +\|/m);
    // 3 places of 63 objects; 50 / 3 = 16 of these can be asked
    expect(out).toMatch(/^\| subrequests of a tick of the ledger +\| +189 \| +50 \| NO +\|/m);
    expect(out).toContain("1 lanes, 3 probers of 63 objects; the first that does not fit is t16/default");
    // 1440 ticks, and 1440 * 3 * 63 asks
    expect(out).toMatch(/^\| object requests a day +\| +273,600 \| +100,000 \| NO +\|/m);
  });

  test("the paid plan has a price, and a shorter latency shortens the slot", async () => {
    const { code, out } = await budget(config(1_000), "--plan", "paid", "--latency", "100ms", "--json");
    const { fits, plan, latencyMs, lines, faults, month } = JSON.parse(out);
    expect({ code, fits, plan, latencyMs, faults }).toEqual({
      ...{ code: 0, fits: true, plan: "paid", latencyMs: 100, faults: [] },
    });
    // 1000 checks of two requests, five at once, would be 40 s: two objects walk 20 s each
    expect(lines).toContainEqual(expect.objectContaining({ name: "objects of each place", value: 2 }));
    expect(lines).toContainEqual(
      expect.objectContaining({ name: "time of the longest slot, s", value: 20, limit: 50, fits: true }),
    );
    // Three turns: 1440 * (3 * 2 * 20 s + 3 * 20.1 s) * 0.128 GB * 30 = 996,986.88, less 400,000, at 12.50 a million, and 5 USD
    expect(month.usd).toBeCloseTo(12.462336, 6);
  });

  test("nothing is open on the paid plan", async () => {
    const { code, out } = await budget(config(10), "--plan", "paid");
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/\nit fits the paid plan$/) });
  });

  test("Upstash's free plan is a limit too, and the check is named", async () => {
    const { code, out } = await budget(config(1, "[weur]", "store: { upstash: {} }", "every: 5s, "));
    expect(code).toBe(1);
    // 30 * (1440 * 3 + 15840 + 17280 * 3) + 17620 + 3060
    expect(out).toMatch(/^\| Upstash commands a month +\| +2,182,840 \| +500,000 \| NO +\|/m);
    expect(out).toContain("over the limit of 500000: t0/default has the shortest period, 17280 runs a day");
  });

  test.each([
    ["an unknown plan", ["--plan", "gold"], 3, "Allowed choices are free, paid"],
    ["a latency that is none", ["--latency", "fast"], 3, "Not a duration, such as 300ms."],
    ["a latency of nothing", ["--latency", "0ms"], 3, "Not a duration, such as 300ms."],
    ["a file that is not there", ["nowhere.yaml"], 3, "Cannot read nowhere.yaml"],
  ])("usage: %s", async (_, args, code, says) => {
    expect(await budget(...args)).toMatchObject({ code, err: expect.stringContaining(says) });
  });

  test("what a prober on Deno can walk, with the first check that does not fit and the key to turn", async () => {
    const { code, out } = await budget(config(1_000, "[local]"), "--for", "deno", "--latency", "300ms");
    expect(code).toBe(1);
    expect(out).toMatch(/^\| rounds under way, mean +\| +10 \| +256 \| yes +\|/m);
    expect(out).toContain("the first that does not fit is t600/default; set connectionsPerHost: 10");
    expect((await budget(config(300, "[local]"), "--for", "deno")).code).toBe(0);
  });

  test("a config that Cloudflare cannot run", async () => {
    const { code, out } = await budget(config(1, "[local]"));
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("no prober is this process") });
  });
});
