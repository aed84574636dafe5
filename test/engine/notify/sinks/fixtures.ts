/** What the conformance test has to know of each kind of sink: valid settings, faults, and the limits that its receiver sets. */
import { alertmanager } from "../../../../src/engine/notify/sinks/alertmanager.ts";
import { cloudflareEmail } from "../../../../src/engine/notify/sinks/cloudflare_email.ts";
import { discord } from "../../../../src/engine/notify/sinks/discord.ts";
import { googleChat } from "../../../../src/engine/notify/sinks/google_chat.ts";
import { incidentIo } from "../../../../src/engine/notify/sinks/incident_io.ts";
import { jiraServiceManagement } from "../../../../src/engine/notify/sinks/jira_service_management.ts";
import { ntfy } from "../../../../src/engine/notify/sinks/ntfy.ts";
import { pagerDuty } from "../../../../src/engine/notify/sinks/pagerduty.ts";
import { resend } from "../../../../src/engine/notify/sinks/resend.ts";
import { slack } from "../../../../src/engine/notify/sinks/slack.ts";
import { smtp } from "../../../../src/engine/notify/sinks/smtp.ts";
import { standardWebhooks } from "../../../../src/engine/notify/sinks/standard_webhooks.ts";
import { teams } from "../../../../src/engine/notify/sinks/teams.ts";
import { telegram } from "../../../../src/engine/notify/sinks/telegram.ts";
import { template } from "../../../../src/engine/notify/sinks/template.ts";

/** Settings, and the environment that they refer to. */
interface SinkCase {
  settings: Record<string, unknown>;
  env: Record<string, string>;
}

/** One kind of sink. Nothing of a value in an environment may ever be shown, but the origin of a URL. */
export interface SinkFixture {
  good: SinkCase;
  /** It is not told by HTTP: tests of its own say how it delivers. */
  isOther?: boolean;
  /** Settings that its schema refuses. */
  junk: [name: string, settings: Record<string, unknown>][];
  /** Each with a part of the sentence that `check` says. */
  faulty: [name: string, SinkCase, fault: string][];
  /** Of what is rendered. */
  maxBytes: number;
  /** Lengths of what is rendered that the receiver bounds: what, how long, and its most. */
  lengths?(body: string): [what: string, length: number, most: number][];
  /** Parts of the values in an environment that must not show. */
  hidden: RegExp;
}

const URL_VALUE = "https://hooks.example/T0/path-token?key=query-token";
const SECRET = `whsec_${btoa("0123456789abcdef01234567")}`;

/** With these values, and the settings that name them. */
const webhook = (env: Record<string, string>): SinkCase => ({
  settings: { url: "${env:HOOK_URL}", secret: ["${env:HOOK_SECRET}"] },
  env,
});

const hook = (env: Record<string, string>): SinkCase => ({ settings: { url: "${env:HOOK_URL}" }, env });

/** Of a receiver whose URL is all that it needs. */
const HOOK: Pick<SinkFixture, "good" | "junk" | "faulty" | "hidden"> = {
  good: hook({ HOOK_URL: URL_VALUE }),
  junk: [["a URL that is written out", { url: URL_VALUE }], ["no URL", {}]],
  faulty: [
    ["an unset URL", hook({}), "HOOK_URL"],
    ["no URL", hook({ HOOK_URL: "hooks.example/path-token" }), "not valid"],
    ["a private address", hook({ HOOK_URL: "http://10.0.0.1/path-token" }), "10.0.0.1"],
  ],
  hidden: /path-token|query-token/,
};

const TOKEN = "token-hunter2-0123456789abcdef";

const withToken = (field: string, settings: Record<string, unknown> = {}) => (TOKEN?: string): SinkCase => ({
  settings: { ...settings, [field]: "${env:TOKEN}" },
  env: TOKEN === undefined ? {} : { TOKEN },
});
const pager = withToken("routingKey");
const jsm = withToken("apiKey");
const source = withToken("token", { url: "https://api.incident.example/v2/alert_events/http/01J" });
const bot = withToken("token", { chat: "-1001234567890" });
const topic = withToken("token", { topic: "assay-alerts", url: "https://ntfy.example" });
const BOT_TOKEN = "123456:hunter2-ABC-DEF1234ghIkl";

const matrix = (token?: string): SinkCase => ({
  settings: {
    url: "https://chat.example",
    path: "/_matrix/client/v3/rooms/!ops:chat.example/send/m.room.message/{{ id }}",
    method: "PUT",
    headers: { authorization: "Bearer ${env:TOKEN}" },
    json: { msgtype: "m.text", body: "{{ message.title }}\n{{ message.lines }}" },
  },
  env: token === undefined ? {} : { TOKEN: token },
});

const monitor = (token?: string): SinkCase => ({
  settings: { url: "https://alertmanager.example/prefix", headers: { authorization: "Bearer ${env:TOKEN}" } },
  env: token === undefined ? {} : { TOKEN: token },
});

const MAIL = { from: "assay@shop.example", to: ["oncall@shop.example", "boss@shop.example"] };
const mailServer = (env: Record<string, string>): SinkCase => ({
  settings: { host: "${env:MAIL_HOST}", user: "assay", password: "${env:TOKEN}", ...MAIL },
  env,
});
const mailAccount = withToken("apiKey", MAIL);

const MAIL_JUNK: SinkFixture["junk"] = [
  ["no receivers", { ...MAIL, to: [] }],
  ["a receiver with a line break", { ...MAIL, to: ["a@shop.example\r\nBcc: x@evil.example"] }],
  ["a sender that is no address", { ...MAIL, from: "Assay" }],
];

/** RFC 5322 section 2.1.1 allows 998 characters in a line; phones show less by far. */
const subjectLength: SinkFixture["lengths"] = (body) => [["subject", json(body).subject.length, 200]];

/** Characters of a text, keys of objects aside. */
// deno-lint-ignore no-explicit-any -- each sink has a body of its own shape
const json = (body: string): any => JSON.parse(body);

/** By kind: one row for each member of the table. */
export const FIXTURES: Record<string, SinkFixture> = {
  [standardWebhooks.kind]: {
    good: webhook({ HOOK_URL: URL_VALUE, HOOK_SECRET: SECRET }),
    junk: [
      ["no secret", { url: "${env:HOOK_URL}" }],
      ["no URL", { secret: "${env:HOOK_SECRET}" }],
      ["a secret that is written out", { url: "${env:HOOK_URL}", secret: SECRET }],
      ["three secrets", { url: "${env:HOOK_URL}", secret: ["${env:A}", "${env:B}", "${env:C}"] }],
    ],
    faulty: [
      ["an unset URL", webhook({ HOOK_SECRET: SECRET }), "HOOK_URL"],
      ["an unset secret", webhook({ HOOK_URL: URL_VALUE }), "HOOK_SECRET"],
      ["no URL", webhook({ HOOK_URL: "hooks.example/path-token", HOOK_SECRET: SECRET }), "not valid"],
      [
        "a private address",
        webhook({ HOOK_URL: "http://10.0.0.1/path-token", HOOK_SECRET: SECRET }),
        "10.0.0.1",
      ],
      [
        "a secret of another form",
        webhook({ HOOK_URL: URL_VALUE, HOOK_SECRET: "path-token-hunter2" }),
        "whsec_ and the base64",
      ],
    ],
    // Standard Webhooks 1.0.0, "Payload size": under 20 kb.
    maxBytes: 20_000,
    hidden: /path-token|query-token|whsec_[A-Za-z0-9+/]|hunter2/,
  },
  [slack.kind]: {
    ...HOOK,
    maxBytes: 40_000,
    // Block Kit, "Section block"; 50 blocks; chat.postMessage cuts `text` at 40,000, and advises 4,000.
    lengths: (body) => [
      ["text", json(body).text.length, 4_000],
      ["blocks", json(body).attachments[0].blocks.length, 50],
      ...json(body).attachments[0].blocks.map(({ text }: { text: { text: string } }) => [
        "section",
        text.text.length,
        3_000,
      ]),
    ],
  },
  [discord.kind]: {
    ...HOOK,
    maxBytes: 25_000,
    // "Embed Limits".
    lengths(body) {
      const [{ title, description, fields, footer }] = json(body).embeds;
      const texts = fields.flatMap(({ name, value }: { name: string; value: string }) => [name, value]);
      return [
        ["title", title.length, 256],
        ["description", description.length, 4_096],
        ["fields", fields.length, 25],
        ["longest of a field", Math.max(...texts.map((text: string) => text.length)), 1_024],
        ["footer", footer.text.length, 2_048],
        ["all", [title, description, ...texts, footer.text].join("").length, 6_000],
      ];
    },
  },
  // Connectors, "Rate limiting": 28 KB.
  [teams.kind]: { ...HOOK, maxBytes: 28_000 },
  // spaces.messages.create: 32,000 bytes.
  [googleChat.kind]: { ...HOOK, maxBytes: 32_000 },
  [telegram.kind]: {
    good: bot(BOT_TOKEN),
    junk: [["a token that is written out", { token: BOT_TOKEN, chat: "-1" }], ["no chat", {
      token: "${env:TOKEN}",
    }]],
    faulty: [
      ["an unset token", bot(), "TOKEN"],
      ["a token of something else", bot("hunter2"), "not a bot token"],
    ],
    maxBytes: 4 * 4_096,
    // sendMessage: 1 to 4,096 characters.
    lengths: (body) => [["text", body.length, 4_096]],
    hidden: /hunter2|123456:/,
  },
  [ntfy.kind]: {
    good: topic(TOKEN),
    junk: [["a topic with a slash", { topic: "a/b" }], ["no topic", { token: "${env:TOKEN}" }]],
    faulty: [["an unset token", topic(), "TOKEN"], ["an empty token", topic(" "), "empty"]],
    maxBytes: 16_000,
    // "Limitations": message 4,096 bytes, title 1 KB, tags 512 bytes.
    lengths: (body) => [
      ["message", new TextEncoder().encode(json(body).message).byteLength, 4_096],
      ["title", new TextEncoder().encode(json(body).title).byteLength, 1_024],
      ["sequence id", json(body).sequence_id.length, 64],
    ],
    hidden: /hunter2/,
  },
  [pagerDuty.kind]: {
    good: pager(TOKEN),
    junk: [["a key that is written out", { routingKey: TOKEN }], ["no key", {}]],
    faulty: [["an unset key", pager(), "TOKEN"], ["an empty key", pager(""), "empty"]],
    // "Events API v2 Overview": 512 KB.
    maxBytes: 512_000,
    lengths: (body) => [
      ["summary", json(body).payload?.summary.length ?? 0, 1_024],
      ["dedup_key", json(body).dedup_key.length, 255],
    ],
    hidden: /hunter2/,
  },
  [jiraServiceManagement.kind]: {
    good: jsm(TOKEN),
    junk: [["a key that is written out", { apiKey: TOKEN }], ["no key", {}]],
    faulty: [["an unset key", jsm(), "TOKEN"], ["an empty key", jsm(""), "empty"]],
    maxBytes: 100_000,
    // "Create alert".
    lengths: (body) => [
      ["message", json(body).message?.length ?? 0, 130],
      ["alias", json(body).alias?.length ?? 0, 512],
      ["description", json(body).description?.length ?? 0, 15_000],
      ["entity", json(body).entity?.length ?? 0, 512],
      ["tags", json(body).tags?.length ?? 0, 20],
      ["longest tag", Math.max(0, ...(json(body).tags ?? []).map((tag: string) => tag.length)), 50],
      ["details", JSON.stringify(json(body).details ?? {}).length, 8_000],
      ["note", json(body).note?.length ?? 0, 25_000],
    ],
    hidden: /hunter2/,
  },
  [incidentIo.kind]: {
    good: source(TOKEN),
    junk: [["no URL", { token: "${env:TOKEN}" }], ["no token", { url: "https://api.incident.example" }]],
    faulty: [["an unset token", source(), "TOKEN"], ["an empty token", source(""), "empty"]],
    maxBytes: 512_000,
    hidden: /hunter2/,
  },
  [template.kind]: {
    good: matrix(TOKEN),
    junk: [
      ["no URL", { text: "x" }],
      ["a method of no request", { url: "https://chat.example", method: "SHOUT" }],
      ["a header of ours", { url: "https://chat.example", headers: { host: "x" } }],
    ],
    faulty: [["an unset token", matrix(), "TOKEN"], ["a token of two lines", matrix("hunter2\nx"), "TOKEN"]],
    maxBytes: 10_000,
    lengths(body) {
      const [title, text, ...facts] = json(body).json.body.split("\n");
      const values = facts.map((line: string) => /^(?!Acknowledge)[A-Z][a-z ]+: (.*)$/.exec(line)?.[1] ?? "");
      return [
        ["title", title.length, 200],
        ["text", text.length, 600],
        ["longest value", Math.max(...values.map((value: string) => value.length)), 300],
      ];
    },
    hidden: /hunter2/,
  },
  [smtp.kind]: {
    isOther: true,
    good: mailServer({ MAIL_HOST: "smtp.provider.example", TOKEN }),
    junk: [...MAIL_JUNK, ["a port of no port", { ...MAIL, host: "mail.example", port: 0 }], [
      "no host",
      MAIL,
    ]],
    faulty: [
      ["an unset password", mailServer({ MAIL_HOST: "smtp.provider.example" }), "TOKEN"],
      ["an unset host", mailServer({ TOKEN }), "MAIL_HOST"],
      ["a private host", mailServer({ MAIL_HOST: "10.0.0.1", TOKEN }), "10.0.0.1"],
      ["a host that is a URL", mailServer({ MAIL_HOST: "mail.example/x", TOKEN }), "not valid"],
    ],
    maxBytes: 40_000,
    lengths: subjectLength,
    hidden: /hunter2/,
  },
  [resend.kind]: {
    good: mailAccount(TOKEN),
    junk: [...MAIL_JUNK, ["no key", MAIL]],
    faulty: [["an unset key", mailAccount(), "TOKEN"], ["an empty key", mailAccount(""), "empty"]],
    maxBytes: 40_000,
    lengths: subjectLength,
    hidden: /hunter2/,
  },
  [cloudflareEmail.kind]: {
    isOther: true,
    good: { settings: MAIL, env: {} },
    junk: MAIL_JUNK,
    faulty: [],
    maxBytes: 40_000,
    lengths: subjectLength,
    hidden: /hunter2/,
  },
  [alertmanager.kind]: {
    good: monitor(TOKEN),
    junk: [["no URL", {}], ["a header of ours", { url: "https://a.example", headers: { host: "x" } }]],
    faulty: [["an unset token", monitor(), "TOKEN"], [
      "a token of two lines",
      monitor("hunter2\nx"),
      "TOKEN",
    ]],
    maxBytes: 100_000,
    // "Data model" of Prometheus.
    lengths: (body) =>
      Object.keys(json(body).labels).map((name) => [name, /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? 0 : 1, 0]),
    hidden: /hunter2/,
  },
};
