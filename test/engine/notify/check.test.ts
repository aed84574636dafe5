import { expect, test } from "vitest";
import { checkWebhooks } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { references, secretsOf } from "../../../src/base/secrets.ts";

const GOOD = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;

async function faults(url: string, secret: string, allowPrivate = false): Promise<string[]> {
  const env: Record<string, string> = { URL: url, SECRET: secret };
  const webhooks = [{
    id: "oncall",
    kind: "webhook",
    settings: { url: "${env:URL}", secret: "${env:SECRET}" },
    events: ["incident.*"],
  }];
  return await checkWebhooks(
    secretsOf(references("${env:URL} ${env:SECRET}"), (name) => env[name]),
    { webhooks, allowPrivate },
    SINKS,
  );
}

test.each<[string, string, string, string[]]>([
  ["a good one", "https://hooks.example/x", GOOD, []],
  ["no URL", "hooks.example", GOOD, ["webhook oncall: its URL is not valid"]],
  ["a metadata service", "http://169.254.169.254/k3y", GOOD, [expect.stringContaining("169.254.169.254")]],
  ["a secret of another form", "https://hooks.example/x", "hunter2hunter2", [
    expect.stringContaining("whsec_"),
  ]],
])("webhookFaults tells of %s", async (_name, url, secret, expected) => {
  expect(await faults(url, secret)).toEqual(expected);
});

test("webhookFaults never shows a secret or the path of a URL", async () => {
  const told = [
    ...await faults("https://hooks.example/k3y", "hunter2hunter2"),
    ...await faults("http://10.0.0.1/k3y", GOOD),
  ];
  expect(told).toHaveLength(2);
  expect(told.join()).not.toMatch(/hunter2|k3y/);
});
