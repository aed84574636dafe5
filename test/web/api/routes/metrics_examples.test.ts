import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { apiFixture } from "../api_fixture.ts";
import { checkMetrics, promtool, testWithPrometheus } from "../promtool.ts";

const PROMETHEUS = "examples/prometheus/prometheus.yml";
const ALERTS = "examples/prometheus/alerts.yml";
const DASHBOARD = "examples/grafana/assay.json";

const alerts: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
  readFileSync(ALERTS, "utf8"),
);
const dashboard = JSON.parse(readFileSync(DASHBOARD, "utf8"));
const panels: { title: string; targets: { expr: string }[] }[] = dashboard.panels;

const ASKED = [
  ...alerts.groups.flatMap(({ rules }) => rules).map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`panel ${title}`, expr] as const)),
  ...dashboard.templating.list.filter(({ type }: { type: string }) => type === "query")
    .map(({ name, query }: { name: string; query: { query: string } }) =>
      [`variable ${name}`, query.query] as const
    ),
] as (readonly [string, string])[];

/** Metrics of ours that an expression names; what Prometheus adds itself is not ours. */
const named = (expr: string) => expr.match(/\b(probe|readiness|assay)_[a-z_]+/g) ?? [];

describe("the examples ask for what is there", () => {
  test.each(ASKED)("%s", async (_, expr) => {
    const { text } = await (await apiFixture()).call("/metrics");
    const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    expect(named(expr).length + Number(expr.includes("up{"))).toBeGreaterThan(0);
    expect(named(expr).filter((name) => !there.has(name))).toEqual([]);
  });

  test("and for labels and words that are there", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    await shop.runMinutes(2);
    const { text } = await shop.call("/metrics");
    const words = ASKED.flatMap(([, expr]) =>
      [...expr.matchAll(/\b(outcome|family|state)=~?"([^"$]+)"/g)].flatMap(([, label, words]) =>
        words!.split("|").map((word) => `${label}="${word}"`)
      )
    );
    expect(words).toContain('outcome="drift"');
    // A state is there only while a service claims it.
    const missing = words.filter((word) => !text.includes(word) && word !== 'state="degraded"');
    expect(missing).toEqual([]);
  });
});

describe("promtool", () => {
  testWithPrometheus(
    "has nothing against the metrics of a drift, of stale evidence, and of an empty house",
    async () => {
      const shop = await apiFixture();
      expect(checkMetrics((await shop.call("/metrics")).text)).toBe("");
      shop.script.set("drift");
      await shop.runMinutes(2);
      expect(checkMetrics((await shop.call("/metrics")).text)).toBe("");
      await shop.clock.advance(600_000);
      expect(checkMetrics((await shop.call("/metrics")).text)).toBe("");
    },
  );

  testWithPrometheus("reads the example configuration and its rules", () => {
    expect(promtool(["check", "config", "--syntax-only", PROMETHEUS])).toBe("");
    expect(promtool(["check", "rules", ALERTS])).toBe("");
  });

  testWithPrometheus("reads every expression of the dashboard", () => {
    const rules = panels.flatMap(({ targets }) => targets).map(({ expr }, at) => ({
      record: `panel:${at}`,
      expr: expr.replaceAll("$target", ".*"),
    }));
    const check = (text: string) => {
      const folder = mkdtempSync(join(tmpdir(), "assay-"));
      try {
        writeFileSync(join(folder, "panels.yml"), text);
        return promtool(["check", "rules", join(folder, "panels.yml")]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    };
    const text = JSON.stringify({ groups: [{ name: "panels", rules }] });
    expect(check(text)).toBe("");
    expect(check(text.replace("sum by", "sun by"))).not.toBe("");
  });
});
