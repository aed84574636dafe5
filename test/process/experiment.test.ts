import { expect } from "vitest";
import { runAll } from "../../scripts/experiment/run.ts";
import { testWith } from "../world/tool.ts";

testWith("haproxy", "apt-get install haproxy")(
  "new replicas replace the old ones: a port check loses many requests, honest readiness and Assay as the gate none",
  async () => {
    const lost: Record<string, number> = {};
    const [seeds, scenarios, arms] = [[1], ["scale"], ["port", "honest", "gate"]];
    for await (const { arm, figures } of runAll({ seeds, scenarios, arms, runMs: 12_000 })) {
      expect(figures.ending).toBe("done");
      lost[arm] = figures.failed / figures.requests;
    }
    expect(lost.gate).toBeLessThanOrEqual(1 / 1_000);
    expect(lost.honest).toBeLessThanOrEqual(1 / 1_000);
    expect(lost.port).toBeGreaterThan(10 / 1_000);
  },
  600_000,
);
