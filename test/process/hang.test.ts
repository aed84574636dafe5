import { afterAll, expect, test } from "vitest";
import { denoPorts } from "../../functions/deno/ports.ts";
import { type Running, start } from "../../functions/deno/start.ts";
import { load } from "../../src/config/mod.ts";
import type { WebhookEvent } from "../../src/engine/notify/event.ts";
import { answerOf } from "../../src/base/http/answer.ts";
import type { Fetch } from "../../src/base/ports.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";

const SECRET = `whsec_${btoa("a secret of twenty-four bytes")}`;
const silent = { info() {}, warn() {}, error() {} };
const TEXT = `
version: 1
store: { memory: {} }
defaults: { every: 2s, timeout: 1s, failureThreshold: 1, successThreshold: 1, flapWindow: 1s }
targets:
  - { id: shop, url: "https://shop.example", checks: [{ id: c, journey: [{ request: { path: /do }, expect: status == 200 }] }] }
webhooks:
  - { id: hung, url: "https://hung.example", secret: "\${env:HOOK}" }
  - { id: oncall, url: "https://oncall.example", secret: "\${env:HOOK}" }
`;

let running: Running | undefined;
afterAll(() => running?.stop());

test("a receiver that never answers, abort or not, holds up no notice of another, whenever it is written", async () => {
  const heard = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const types: string[] = [];
  let status = 500;
  const fetch: Fetch = (url, { body }) => {
    if (url.host === "hung.example") return new Promise<never>(() => {});
    if (url.host === "shop.example") return Promise.resolve(answerOf(new Response("", { status })));
    const { type } = JSON.parse(`${body}`) as WebhookEvent;
    heard[types.push(type) - 1]?.resolve(type);
    return Promise.resolve(answerOf(new Response(null, { status: 204 })));
  };
  const { config } = await load({ kind: "yaml", text: TEXT }, { kinds: KINDS });
  const ports = {
    ...denoPorts(TEXT, config, silent),
    fetch,
    secrets: secretsOf(references(TEXT), () => SECRET),
  };
  running = await start({ config, ports, port: 0 });
  expect(await heard[0]!.promise).toBe("incident.opened");
  status = 200;
  // The first notice is still on its way to the other one.
  expect(await heard[1]!.promise).toBe("incident.resolved");
});
