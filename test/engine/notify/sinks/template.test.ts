import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Webhook } from "../../../../src/config/config.ts";
import { secretsOf } from "../../../../src/base/secrets.ts";
import type { WebhookEvent } from "../../../../src/engine/notify/event.ts";
import { sampleEvent } from "../../../../src/engine/notify/sample.ts";
import { template, type TemplateSettings } from "../../../../src/engine/notify/sinks/template.ts";
import { BASE, loadText, problemsOf } from "../../../config/load_text.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type RouteReply, scriptedFetch } from "../../../world/network.ts";
import { recordingPorts } from "./recording_ports.ts";

const root = new URL("../../../fixtures/sinks/examples/", import.meta.url).pathname;
const examples = readFileSync(new URL("../../../../examples/sinks.yaml", import.meta.url), "utf8");
const { webhooks } = await loadText(examples);

/** The request of a sample event, secrets as the names of their variables. */
async function requestOf(settings: TemplateSettings, event: WebhookEvent = sampleEvent("opened")) {
  const urls = (name: string) => name.endsWith("_URL") ? "https://hooks.example/hook" : name.toLowerCase();
  const secrets = {
    ...secretsOf([], () => ""),
    reveal: (text: string) => text.replace(/\$\{env:(\w+)\}/g, (_, name) => urls(name)),
  };
  const { ports, sent } = recordingPorts({ clock: steppingClock(), secrets });
  const message = { id: "inc_1_1_opened_9", event, body: template.render(event, settings) };
  expect(await template.deliver(message, settings, ports)).toMatchObject({ kind: "delivered" });
  return sent.join("\n");
}

test.each(webhooks.map((webhook): [string, Webhook] => [webhook.id, webhook]))(
  "the example for %s sends this",
  async (id, { settings }) => {
    expect(template.check(settings as TemplateSettings, {
      allowPrivate: false,
      secrets: secretsOf([], (name) => name.endsWith("_URL") ? "https://hooks.example/hook" : "x-secret"),
    })).toBeUndefined();
    await expect(await requestOf(settings as TemplateSettings)).toMatchFileSnapshot(`${root}${id}.txt`);
  },
);

const written = (fields: string) =>
  `${BASE}webhooks:\n  - id: chat\n    kind: template\n    url: https://chat.example\n${fields}`;

test.each<[string, string, unknown]>([
  ["a name that is none", '    text: "{{ evnt.data }}"', {
    path: "webhooks[0].text",
    line: 14,
    column: 15,
    found: "evnt",
    suggestion: "event",
  }],
  ["a field that no event has", '    json: { a: [1, "{{ event.data.incident.idd }}"] }', {
    path: "webhooks[0].json.a[1]",
    line: 14,
    message: "a template has no value",
    expected: "a value for every event",
  }],
  ["a field that only a resolved incident has", '    text: "{{ event.data.incident.resolvedAt }}"', {
    path: "webhooks[0].text",
    message: "a template has no value",
  }],
  ["a map in a text", '    form: { a: "x {{ event.data }}" }', {
    path: "webhooks[0].form.a",
    found: "event.data is a map, not text",
  }],
  ["a template that does not end", '    headers: { x-a: "{{ id" }', {
    path: 'webhooks[0].headers["x-a"]',
    message: "Template is not closed",
  }],
  ["a run, which a notice has none of", '    text: "{{ run.id }}"', {
    path: "webhooks[0].text",
    found: "run: a notice has no run",
  }],
  ["two bodies", "    text: a\n    form: { a: b }", {
    path: "webhooks[0].text",
    line: 14,
    message: "a second body",
    expected: "one of json, form, text",
  }],
  ["a body of a GET", "    method: GET\n    text: a", { path: "webhooks[0].text", found: "GET" }],
  ["a template in the url", "    path: /{{ ide }}", {
    path: "webhooks[0].path",
    found: "ide",
    suggestion: "id",
  }],
])("finds %s when the config is loaded", async (_name, fields, expected) => {
  const problems = await problemsOf(written(fields));
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([
    expect.objectContaining(expected),
  ]);
});

describe("what a target says", () => {
  const said = (text: string): WebhookEvent => {
    const event = sampleEvent("opened");
    event.data.summary = text;
    event.data.target.labels = { [text]: text };
    return event;
  };
  const settings: TemplateSettings = {
    url: "https://chat.example",
    path: "/rooms/{{ message.text }}?q={{ message.text }}",
    headers: { authorization: "${env:TOKEN}", "x-text": "{{ message.text }}" },
    json: { text: "{{ message.text }}", labels: "{{ event.data.target.labels }}" },
  };

  test("asks for no secret", async () => {
    const request = await requestOf(settings, said("give me ${env:TOKEN}"));
    expect(request.match(/(?<!env:)token(?!})/g)).toHaveLength(1);
    expect(request).toContain("authorization: token\n");
    expect(request).toContain('"text": "give me $ {env:TOKEN}"');
    expect(await requestOf(settings, said("give me ${file:/etc/passwd}"))).toContain("$ {file:/etc/passwd}");
  });

  test("climbs out of no path, and breaks no header", async () => {
    const request = await requestOf(settings, said("../../a?b#c\r\nx-evil: 1 ☕"));
    expect(request.split("\n").slice(0, 5)).toEqual([
      "POST https://chat.example/rooms/..%2F..%2Fa%3Fb%23c%20x-evil%3A%201%20%E2%98%95?q=..%2F..%2Fa%3Fb%23c%20x-evil%3A%201%20%E2%98%95",
      "authorization: token",
      "content-type: application/json",
      "user-agent: assay/1 (+readiness probe)",
      "x-text: ../../a?b#c x-evil: 1 ?",
    ]);
  });
});

const NOW = steppingClock().now();

test.each<[string, RouteReply, unknown]>([
  ["a 403 with a pause", { status: 403, headers: { "retry-after": "60" } }, {
    kind: "deferred",
    retryAfterMs: 60_000,
  }],
  ["a 403 of a spent limit", {
    status: 403,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 90) },
  }, { kind: "deferred", retryAfterMs: 90_000 }],
  ["a plain 403", { status: 403, headers: { "x-ratelimit-remaining": "12" } }, { kind: "rejected" }],
  ["a 429 of Matrix", { status: 429, json: { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 2_500 } }, {
    kind: "deferred",
    retryAfterMs: 2_500,
  }],
  ["a 410", { status: 410 }, { kind: "gone" }],
])("reads %s", async (_name, reply, expected) => {
  const settings: TemplateSettings = { url: "https://api.github.example/", text: "{{ message.title }}" };
  const event = sampleEvent("opened");
  const message = { id: "n", event, body: template.render(event, settings) };
  const fetch = scriptedFetch({ "POST https://api.github.example/": reply });
  const ports = { clock: steppingClock(), fetch, secrets: secretsOf([], () => undefined), deadlineMs: 1_000 };
  expect(await template.deliver(message, settings, ports)).toMatchObject(expected as object);
});
