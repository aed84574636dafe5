import { expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { load } from "../../src/config/mod.ts";
import type { KindsAndReaders } from "../../src/config/readers.ts";

const CHAT = 'webhooks: [{ id: chat, url: "https://a.example", secret: "${env:A}" }]\n';
const text = (top = "", target = "") => `
version: 1
${top}
targets:
  - id: shop
    url: https://shop.example
    ${target}
    checks: [{ id: c, journey: [{ expect: "status == 200" }] }]
`;

test.each<[keyof KindsAndReaders, string, string, string]>([
  [
    "readMaintenance",
    text('maintenance: [{ id: m, match: { target: "*" }, reason: r, afterDeployment: 5m }]'),
    "maintenance",
    "maintenance",
  ],
  ["readRoutes", text(`${CHAT}routes: [{ sinks: [chat] }]`), "routes", "routes"],
  [
    "readHooks",
    text('hooks: { github: { secret: "${env:A}", rules: [{ repository: a/b, target: shop }] } }'),
    "hooks",
    "hooks",
  ],
  ["readTls", text("", "tls: { insecure: true }"), "targets[0].tls", "tls"],
])("a program without %s refuses a config that names what it reads", async (name, text, path, what) => {
  const { [name]: _without, ...kinds } = KINDS as KindsAndReaders;
  await expect(load({ kind: "yaml", text }, { kinds: kinds as KindsAndReaders })).rejects.toMatchObject({
    problems: expect.arrayContaining([
      expect.objectContaining({
        severity: "error",
        path,
        message: `this deployment was made without ${what}: deploy again`,
      }),
    ]),
  });
  await expect(load({ kind: "yaml", text }, { kinds: KINDS })).resolves.toBeDefined();
});
