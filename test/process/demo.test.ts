import { expect, test } from "vitest";
import { spawn } from "./child.ts";

/** What the story must tell, in this order. */
const TOLD = [
  /assay +ready: fra ready, iad ready, sin ready$/,
  /assay +ready: fra drift, iad ready, sin ready$/,
  /assay +drift: fra drift, iad drift, sin ready$/,
  /assay +drift: fra drift, iad drift, sin drift$/,
  /assay +ready: fra ready, iad ready, sin ready$/,
  /drift, quorum, verified webhooks and recovery were all seen$/,
];
const OPENED = /webhook +incident\.opened, signature verified: .*2 of 3 regions agree/;
const RESOLVED = /webhook +incident\.resolved, signature verified: /;

test(
  "demo --once tells of drift, quorum, a verified webhook and recovery, in that order, and exits 0",
  async () => {
    const demo = spawn("../../scripts/demo.ts", ["--once"]);
    try {
      const { code } = await demo.ended;
      expect({ code, err: demo.err }).toEqual({ code: 0, err: [] });
      const at = (pattern: RegExp, from = 0) =>
        demo.out.findIndex((line, i) => i >= from && pattern.test(line));
      let last = -1;
      for (const pattern of TOLD) {
        const found = at(pattern, last + 1);
        expect(found, `${pattern} in\n${demo.out.slice(last + 1).join("\n")}`).toBeGreaterThan(last);
        last = found;
      }
      expect(at(OPENED)).toBeGreaterThan(at(TOLD[1]!));
      expect(at(RESOLVED)).toBeGreaterThan(at(OPENED));
      expect(at(OPENED)).toBeGreaterThan(-1);
      expect(demo.out.filter((line) => line.includes("webhook "))).toHaveLength(2);
    } finally {
      demo.kill("SIGTERM");
    }
  },
  90_000,
);
