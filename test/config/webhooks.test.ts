import { expect, test } from "vitest";
import * as z from "../../src/base/zod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import type { ConfigSinkKind, Kinds } from "../../src/config/kinds.ts";
import { standardWebhooks } from "../../src/engine/notify/sinks/standard_webhooks.ts";
import { BASE, loadText, problemsOf } from "./load_text.ts";

/** A kind that no table of Assay has. */
const pager: ConfigSinkKind = {
  kind: "pager",
  schema: ({ map }) =>
    map({ server: z.string(), headers: z.record(z.string(), z.string()), team: z.string() }),
  secrets: ["server", "headers"],
  addresses: ["server"],
};
const kinds: Kinds = { ...KINDS, sinks: [standardWebhooks, pager] };

const HOOK = 'id: ops, url: "${env:URL}", secret: "${env:SECRET}"';
const PAGER = 'id: pager, kind: pager, server: "${env:SERVER}", headers: { key: "a ${env:KEY}" }, team: sre';
const written = (...webhooks: string[]) =>
  `${BASE}webhooks:\n${webhooks.map((webhook) => `  - { ${webhook} }\n`).join("")}`;
const found = async (...webhooks: string[]) =>
  (await problemsOf(written(...webhooks), { kinds })).map((
    { path, message, expected, found, suggestion },
  ) => ({
    path,
    message,
    ...(expected && { expected }),
    ...(found && { found }),
    ...(suggestion && { suggestion }),
  }));

test("a webhook without a kind is one of Standard Webhooks, as one that says so", async () => {
  const settings = { url: "${env:URL}", secret: "${env:SECRET}" };
  const { webhooks } = await loadText(written(HOOK, `${HOOK.replace("ops", "said")}, kind: webhook`), {
    kinds,
  });
  expect(webhooks).toEqual([
    { id: "ops", kind: "webhook", settings, events: ["incident.*"] },
    { id: "said", kind: "webhook", settings, events: ["incident.*"] },
  ]);
});

test("a webhook of another kind is held against that kind, and keeps what it has", async () => {
  const { webhooks } = await loadText(written(HOOK, `${PAGER}, events: [incident.opened]`), { kinds });
  expect(webhooks[1]).toEqual({
    id: "pager",
    kind: "pager",
    settings: { server: "${env:SERVER}", headers: { key: "a ${env:KEY}" }, team: "sre" },
    events: ["incident.opened"],
  });
});

test("an unknown kind is named with those that there are, and with nothing that follows from it", async () => {
  expect(await found('id: a, kind: pagr, server: "${env:SERVER}", team: "${env:TEAM}"')).toEqual([
    {
      path: "webhooks[0].kind",
      message: "unknown value",
      expected: "one of: webhook, pager",
      found: "pagr",
      suggestion: "pager",
    },
  ]);
});

test.each<[string, string, unknown]>([
  ["a field of another kind", `${HOOK}, team: sre`, {
    path: "webhooks[0].team",
    message: "unknown key",
    expected: "one of: id, kind, url, secret, events",
    found: "team",
  }],
  ["a missing field", "id: a, kind: pager, headers: {}, team: sre", {
    path: "webhooks[0].server",
    message: "server is missing",
    expected: "a text",
    found: "nothing",
  }],
  ["a reference where its kind replaces none", PAGER.replace("team: sre", 'team: "${env:TEAM}"'), {
    path: "webhooks[0].team",
    message: "a reference is not replaced here",
    expected: "a plain value",
    found: "${env:TEAM}",
  }],
  ["an address that is none, and may be a secret", PAGER.replace("${env:SERVER}", "pager.example/hunter2"), {
    path: "webhooks[0].server",
    message: "not a URL",
    expected: "http:// or https:// and a host",
    found: "a text (not shown)",
  }],
])("a webhook is told of %s", async (_name, webhook, problem) => {
  expect(await found(webhook)).toEqual([problem]);
});

test.each(
  [
    ["deno", "cloudflare-email", "only Assay on Cloudflare supports this kind"],
    ["cloudflare", "smtp", "only Assay on Deno supports this kind"],
  ] as const,
)("on %s the kind %s is an error", async (runtime, kind, message) => {
  const host = kind === "smtp" ? "host: mail.example, " : "";
  const hook = `id: mail, kind: ${kind}, ${host}from: a@shop.example, to: [b@shop.example]`;
  const problems = async (runtime?: "deno" | "cloudflare") =>
    (await problemsOf(written(hook), { runtime })).filter(({ path }) => path.startsWith("webhooks"));
  expect(await problems(runtime)).toMatchObject([{
    path: "webhooks[0].kind",
    line: 11,
    message,
    found: kind,
  }]);
  expect(await problems()).toEqual([]);
});

test.each([
  ["a user without a password", "user: a", "webhooks[0].user", "incomplete login"],
  ["a password without a user", 'password: "${env:P}"', "webhooks[0].password", "incomplete login"],
  [
    "a password in the clear",
    'user: a, password: "${env:P}", security: none',
    "webhooks[0].security",
    "the password would be sent unencrypted",
  ],
])("of a mail server %s is an error", async (_name, fields, path, message) => {
  const hook =
    `id: mail, kind: smtp, host: mail.example, ${fields}, from: a@shop.example, to: [b@shop.example]`;
  expect(await problemsOf(written(hook))).toMatchObject([{ path, message }]);
});
