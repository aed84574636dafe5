import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  writeFileSync(
    join(folder, "assay.yaml"),
    `version: 1
targets:
  - { id: shop, url: https://shop.example, labels: { team: pay }, checks: [{ id: orders, journey: [{ expect: status == 200 }] }] }
webhooks:
  - { id: pager, kind: pagerduty, routingKey: "\${env:KEY}" }
  - { id: boss, kind: slack, url: "\${env:URL}" }
  - { id: chat, kind: slack, url: "\${env:URL}" }
routes:
  - { match: { severity: critical, labels: { team: pay } }, sinks: [pager], continue: true, groupBy: [target, labels.team], groupWait: 10s, repeatInterval: 4h, escalate: [{ after: 10m, unless: acknowledged, sinks: [boss] }] }
  - { match: { check: orders, severity: [critical, warning] }, sinks: [chat] }
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function routes(...args: string[]) {
  const script = new URL("../../../scripts/cli/assay.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "routes", ...args],
    cwd: folder,
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

test.each<[string[], number, string]>([
  [
    ["shop"],
    0,
    "pager (pagerduty): incident.*, one message for each target, labels.team in 30s, the first after 10s, at once, again every 4h, by routes[0]\n" +
    "boss (slack): incident.opened, incident.resolved, one message for each target, labels.team in 30s, the first after 10s, after 10m unless acknowledged, again every 4h, by routes[0]\n" +
    "chat (slack): incident.opened, incident.resolved, one message in 30s, at once, by routes[1]\n",
  ],
  [
    ["shop", "--severity", "warning"],
    0,
    "chat (slack): incident.opened, incident.resolved, one message in 30s, at once, by routes[1]\n",
  ],
  [["shop", "--severity", "info"], 1, "no sink is notified\n"],
  [["shop", "--family", "advisory"], 1, "no sink is notified\n"],
])("assay routes %j", async (args, code, out) => {
  expect(await routes(...args)).toMatchObject({ code, out });
});

test("assay routes of a target that is none exits 3", async () => {
  expect(await routes("nobody")).toMatchObject({ code: 3, err: expect.stringContaining("no target nobody") });
});
