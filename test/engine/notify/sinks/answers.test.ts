/** What single kinds of receivers answer in words of their own; what holds for all stands in contract.test.ts. */
import { expect, test } from "vitest";
import type { SendPlatformMail } from "../../../../src/base/mail.ts";
import { references, secretsOf } from "../../../../src/base/secrets.ts";
import { sampleEvent } from "../../../../src/engine/notify/sample.ts";
import { findSink, type SinkAnswer } from "../../../../src/engine/notify/sink.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type RouteReply, scriptedFetch } from "../../../world/network.ts";
import { FIXTURES } from "./fixtures.ts";

interface TellOptions {
  settings?: Record<string, unknown>;
  sendPlatformMail?: SendPlatformMail;
}

/** Delivers the sample to a receiver that answers one request after the other; `sent` are the requests. */
async function tell(
  kind: string,
  replies: RouteReply[],
  { settings = {}, sendPlatformMail }: TellOptions = {},
) {
  const sink = findSink(SINKS, kind);
  const { good } = FIXTURES[kind]!;
  const all = { ...good.settings, ...settings };
  const secrets = secretsOf(references(JSON.stringify(all)), (name) => good.env[name]);
  const event = sampleEvent("opened");
  const message = { id: "n1", event, body: sink.render(event, all) };
  const left = [...replies];
  const sent: { url: string; body: string }[] = [];
  const fetch: Parameters<typeof sink.deliver>[2]["fetch"] = (url, options) =>
    scriptedFetch({
      [`${options.method} ${url.href}`]: ({ url, body }) => {
        sent.push({ url, body });
        return left.shift() ?? { status: 404 };
      },
    })(url, options);
  const ports = { clock: steppingClock(), fetch, secrets, sendPlatformMail, deadlineMs: 15_000 };
  return { answer: await sink.deliver(message, all, ports), sent };
}

test.each<[string, string, RouteReply, Partial<SinkAnswer>]>([
  ["discord", "seconds with a fraction", { status: 429, json: { retry_after: 1.337, global: false } }, {
    kind: "deferred",
    retryAfterMs: 1_337,
  }],
  ["discord", "no number", { status: 429, headers: { "retry-after": "7" }, json: { retry_after: "soon" } }, {
    kind: "deferred",
    retryAfterMs: 7_000,
  }],
  ["telegram", "seconds among its parameters", {
    status: 429,
    json: { ok: false, description: "Too Many Requests: retry after 35", parameters: { retry_after: 35 } },
  }, { kind: "deferred", retryAfterMs: 35_000 }],
  ["pagerduty", "no wait", { status: 429 }, { kind: "deferred", retryAfterMs: 60_000 }],
  ["pagerduty", "a wait in its header", { status: 429, headers: { "retry-after": "5" } }, {
    kind: "deferred",
    retryAfterMs: 5_000,
  }],
  ["google-chat", "no wait", { status: 429 }, { kind: "deferred", retryAfterMs: 60_000 }],
])("%s asks for a pause with %s", async (kind, _name, reply, expected) => {
  expect((await tell(kind, [reply])).answer).toMatchObject(expected);
});

test.each<[string, RouteReply, Partial<SinkAnswer>]>([
  ["slack", { status: 400, body: "invalid_payload" }, {
    kind: "rejected",
    detail: "answered 400: invalid_payload",
  }],
  ["slack", { status: 404, body: "channel_not_found" }, {
    kind: "rejected",
    detail: "answered 404: channel_not_found",
  }],
  ["slack", { status: 410, body: "channel_is_archived" }, { kind: "gone" }],
  ["slack", { status: 500, body: "rollup_error" }, {
    kind: "deferred",
    detail: "answered 500: rollup_error",
  }],
  ["discord", { status: 404, json: { message: "Unknown Webhook", code: 10_015 } }, {
    kind: "rejected",
    detail: 'answered 404: {"message":"Unknown Webhook","code":10015}',
  }],
  ["telegram", { status: 400, json: { ok: false, description: "Bad Request: chat not found" } }, {
    kind: "rejected",
    detail: 'answered 400: {"ok":false,"description":"Bad Request: chat not found"}',
  }],
  ["telegram", { status: 403, json: { ok: false, description: "Forbidden: bot was kicked" } }, {
    kind: "rejected",
  }],
  ["teams", { status: 413, body: "request entity too large" }, { kind: "rejected" }],
  ["teams", { status: 202 }, { kind: "delivered" }],
  ["pagerduty", { status: 202, json: { status: "success", dedup_key: "inc_sample" } }, { kind: "delivered" }],
])("%s says %j, and that is kept", async (kind, reply, expected) => {
  expect((await tell(kind, [reply])).answer).toMatchObject(expected);
});

test("what a receiver says is kept for 300 characters", async () => {
  const { answer } = await tell("slack", [{ status: 400, body: `no\n\u0000${"ü🚀".repeat(5_000)}` }]);
  expect(answer.detail).toMatch(/^answered 400: no ü🚀/);
  expect(answer.detail!.length).toBeLessThanOrEqual("answered 400: ".length + 300);
  expect(answer.detail!.isWellFormed()).toBe(true);
});

const moved = { status: 400, json: { ok: false, parameters: { migrate_to_chat_id: -1009876543210 } } };

test("telegram is told once more, in the supergroup that a group has become", async () => {
  const { answer, sent } = await tell("telegram", [moved, { status: 200, json: { ok: true } }]);
  expect(answer).toMatchObject({ kind: "delivered", status: 200 });
  expect(sent.map(({ body }) => JSON.parse(body).chat_id)).toEqual(["-1001234567890", "-1009876543210"]);
});

test("telegram is not followed from one group to the next for ever", async () => {
  const { answer, sent } = await tell("telegram", [moved, moved, moved]);
  expect(answer).toMatchObject({ kind: "rejected", status: 400 });
  expect(sent).toHaveLength(2);
});

test("discord is asked for the message, in the thread that its URL names", async () => {
  const { sent } = await tell("discord", [{ status: 200 }]);
  expect(sent[0]!.url).toBe("https://hooks.example/T0/path-token?key=query-token&wait=true");
});

test.each<[string | undefined, SinkAnswer["kind"]]>([
  ["E_RATE_LIMIT_EXCEEDED", "deferred"],
  ["E_INTERNAL_SERVER_ERROR", "deferred"],
  ["E_DELIVERY_FAILED", "deferred"],
  ["E_SOMETHING_NEW", "deferred"],
  ["E_SENDER_NOT_VERIFIED", "rejected"],
  ["E_RECIPIENT_NOT_ALLOWED", "rejected"],
  ["E_VALIDATION_ERROR", "rejected"],
  [undefined, "unanswered"],
])("Cloudflare's e-mail with the error %s is %s", async (code, kind) => {
  const error = Object.assign(new Error("no"), code && { code });
  const { answer } = await tell("cloudflare-email", [], { sendPlatformMail: () => Promise.reject(error) });
  expect(answer).toMatchObject({ kind, detail: code ? `${code}: no` : "no" });
});

test("Cloudflare's e-mail without a binding says so", async () => {
  const { answer } = await tell("cloudflare-email", []);
  expect(answer).toEqual({ kind: "unanswered", detail: "the Worker has no binding EMAIL (send_email)" });
});
