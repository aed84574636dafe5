import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";

let folder: string;
let server: Deno.HttpServer<Deno.NetAddr>;
const got: { path: string; body: string }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname: path } = new URL(request.url);
    got.push({ path, body: await request.text() });
    return path.startsWith("/refuses")
      ? new Response("invalid_payload", { status: 400 })
      : new Response("ok", { status: 200 });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  writeFileSync(
    join(folder, "assay.yaml"),
    `version: 1
allowPrivate: true
publicUrl: https://assay.example
store: { memory: {} }
targets:
  - { id: shop, url: https://shop.example, checks: [{ journey: [{ expect: status == 200 }] }] }
webhooks:
  - { id: chat, kind: slack, url: "\${env:CHAT_URL}" }
  - { id: refusing, kind: template, url: ${origin}/refuses, text: "{{ message.title }}" }
  - { id: pager, kind: pagerduty, routingKey: "\${env:PAGER_KEY}", url: ${origin}/enqueue }
`,
  );
});
afterAll(async () => {
  await server.shutdown();
  rmSync(folder, { recursive: true });
});

/** Runs `assay notify` in the folder of the config. */
async function notify(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("../../scripts/cli/assay.ts", import.meta.url).pathname, "notify", ...args],
    cwd: folder,
    env: {
      CHAT_URL: `http://127.0.0.1:${server.addr.port}/T0/path-token`,
      PAGER_KEY: "key-hunter2",
      NO_COLOR: "1",
    },
  });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err! };
}

test("a test says that it is one, and prints what the receiver answers", async () => {
  const { code, out, err } = await notify("test", "chat", "--allow-private");
  expect([code, out]).toEqual([
    0,
    `opened: delivered by http://127.0.0.1:${server.addr.port}: answered 200: ok\n`,
  ]);
  const { path, body } = got.at(-1)!;
  expect(path).toBe("/T0/path-token");
  expect(JSON.parse(body).text).toMatch(/^CRITICAL: This is a test: /);
  expect(out + err).not.toContain("path-token");
});

test("a test that is refused says so, and exits 1", async () => {
  const { code, out } = await notify("test", "refusing", "--allow-private");
  expect(code).toBe(1);
  expect(out).toContain("opened: rejected by ");
  expect(out).toContain("answered 400: invalid_payload");
});

test("what a test opens at a receiver that keeps a state it closes again", async () => {
  const before = got.length;
  const { code, out } = await notify("test", "pager", "--allow-private");
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => line.split(" ")[0])).toEqual(["opened:", "resolved:", ""]);
  const events = got.slice(before).map(({ body }) => JSON.parse(body));
  expect(events.map(({ event_action }) => event_action)).toEqual(["trigger", "resolve"]);
  expect(events[1].dedup_key).toBe(events[0].dedup_key);
  expect(out).not.toContain("hunter2");
});

test("a webhook that is none is named with those that there are", async () => {
  const { code, err } = await notify("test", "nobody");
  expect([code, err.trim()]).toEqual([
    3,
    "The config has no webhook nobody: it has chat, refusing, pager",
  ]);
});

test("a preview is what the golden files hold, and is sent to nobody", async () => {
  const before = got.length;
  const { code, out } = await notify("preview", "sample", "--sink", "slack");
  expect(code).toBe(0);
  const golden = readFileSync(new URL("../fixtures/sinks/slack/opened.txt", import.meta.url), "utf8");
  expect(out.trim()).toBe(golden.slice(golden.indexOf("\n\n") + 2));
  expect(got).toHaveLength(before);
});

test("every kind has a preview", async () => {
  for (const { kind } of KINDS.sinks) {
    const { code, out } = await notify("preview", "sample", "--sink", kind, "--change", "resolved");
    expect([code, kind, out.length > 40]).toEqual([0, kind, true]);
  }
});

test("a preview by a kind that is none, or of an incident that was never told of, exits 3", async () => {
  expect(await notify("preview", "sample", "--sink", "pigeon")).toMatchObject({
    code: 3,
    err: expect.stringContaining("No webhook or sink kind is named pigeon; the kinds are webhook, slack,"),
  });
  expect(await notify("preview", "inc_1", "--sink", "chat")).toMatchObject({
    code: 3,
    err: expect.stringContaining('The store has no "opened" notice of incident inc_1'),
  });
});
