/** `deno task shop`, `deno task dev:worker` and `deno task deploy --dry-run`, as a person runs them. */
import { type ChildProcess, spawn as start } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../edge/ports.ts";
import { spawn } from "./child.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** What the tasks read; `.assay/config.json` is written beside it, so each run of these tests has its own. */
const PARTS = [
  "deno.json",
  "deno.lock",
  "wrangler.toml",
  "wrangler.prober.toml",
  "functions",
  "schema",
  "scripts",
  "src",
];
const EXAMPLE = readFileSync(join(ROOT, "examples/worker.yaml"), "utf8");
const MINUTE = 60_000;
const TOKEN = "operator-token";
const SECRET = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;
const DRY_RUN_ENDS = "--dry-run: exiting now.";

let tree: string;
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "assay-tree-"));
  for (const part of PARTS) cpSync(join(ROOT, part), join(tree, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** The example with changes, each of which must stand in it, as a file in the tree. */
function config(name: string, changes: Record<string, string>): string {
  const text = Object.entries(changes).reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, EXAMPLE);
  writeFileSync(join(tree, name), text);
  return name;
}

/** Runs `scripts/cli/worker.ts` in the tree, as a group of processes: wrangler and workerd are its children. */
function worker(...args: string[]) {
  const child: ChildProcess = start(Deno.execPath(), [
    "run",
    "-A",
    "--quiet",
    "scripts/cli/worker.ts",
    ...args,
  ], {
    cwd: tree,
    detached: true,
    env: { ...process.env, NO_COLOR: "1", WRANGLER_SEND_METRICS: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      watchers.forEach((watcher) => watcher());
    });
  }
  let over = false;
  const ended = new Promise<{ code: number | null; printed: string }>((resolve) =>
    child.on("close", (code) => {
      over = true;
      resolve({ code, printed });
    })
  );
  onTestFinished(async () => {
    if (!over) process.kill(-child.pid!, "SIGTERM");
    await ended;
  });
  const says = (text: string) =>
    new Promise<void>((resolve) => watchers.add(() => printed.includes(text) && resolve()));
  const dies = ended.then(({ printed }) => Promise.reject(new Error(`It ended:\n${printed}`)));
  dies.catch(() => {});
  return { ended, says: (text: string) => Promise.race([says(text), dies]) };
}

/** Starts the shop on a free port. */
async function openShop(secret: string) {
  const shop = spawn("../../scripts/demo/shop.ts", ["--port", "0"], { ONCALL_SECRET: secret });
  onTestFinished(async () => {
    shop.kill("SIGTERM");
    await shop.ended;
  });
  const serves = /^the shop serves at (http:\/\/[\d.:]+);/;
  const url = serves.exec(await shop.line("out", (line) => serves.test(line)))![1]!;
  const post = (path: string, init?: RequestInit) => fetch(url + path, { ...init, method: "POST" });
  const webhooks = () => shop.out.filter((line) => line.startsWith("webhook  "));
  return { ...shop, url, post, webhooks };
}

interface Status {
  status: string;
  targets: { checks: { outcome: string; regions: { id: string; outcome: string }[] }[] }[];
}

test(
  "dev: the schedule fired over HTTP at the demo's shop gives drift, quorum and a verified webhook",
  async () => {
    const shop = await openShop(SECRET);
    const file = config("worker.yaml", { "http://127.0.0.1:8090": shop.url });
    writeFileSync(join(tree, ".dev.vars"), `ASSAY_TOKEN=${TOKEN}\nONCALL_SECRET=${SECRET}\n`);
    const url = `http://127.0.0.1:${await freePort()}`;
    const dev = worker(
      ...["dev", "--config-file", file, "--ip", "127.0.0.1", "--port", new URL(url).port],
      ...["--inspector-port", `${await freePort()}`, "--persist-to", join(tree, "state")],
    );
    await dev.says(`Ready on ${url}`);
    const fire = async (slot: number) =>
      await (await fetch(`${url}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=${slot}`)).text();
    const status = async (): Promise<Status> =>
      await (await fetch(`${url}/v1/status`, { headers: { authorization: `Bearer ${TOKEN}` } })).json();

    const thisMinute = Math.floor(Date.now() / MINUTE) * MINUTE;
    // Two slots of drift do; a slot of the past has little time left, so a busy machine may need one more.
    const [first, ...others] = [4, 3, 2, 1, 0].map((minutes) => thisMinute - minutes * MINUTE);
    expect(await fire(first!)).toBe("ok");
    await shop.post("/deploy");
    for (const slot of others) expect(await fire(slot)).toBe("ok");

    expect(await shop.line("out", (line) => line.startsWith("webhook  "))).toMatch(
      /^webhook {2}incident\.opened, signature verified: Demo shop \/ orders says ready .* (2 of 2|[23] of 3) regions agree/,
    );
    // Read once a second.
    await expect.poll(async () => (await status()).status, { timeout: 10_000 }).toBe("drift");
    const [check] = (await status()).targets[0]!.checks;
    expect(check!.regions.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "weur drift",
      "enam drift",
      "oc drift",
    ]);
    expect(shop.webhooks().filter((line) => line.includes("incident.opened"))).toHaveLength(1);
    expect(shop.webhooks().filter((line) => !line.includes("signature verified"))).toEqual([]);
  },
  120_000,
);

describe("the shop's receiver", () => {
  const body = JSON.stringify({
    type: "incident.opened",
    data: { summary: "It fails", incident: { kind: "drift" } },
  });
  const signed = (secret: string) => {
    const sent = new Date();
    return {
      "webhook-id": "msg_1",
      "webhook-timestamp": `${Math.floor(sent.getTime() / 1000)}`,
      "webhook-signature": new Webhook(secret).sign("msg_1", sent, body),
    };
  };

  test("answers 401 to a signature of another secret, says so, and never prints its own", async () => {
    const shop = await openShop(SECRET);
    const answer = await shop.post("/hook", {
      body,
      headers: signed(`whsec_${btoa("another secret of 24 bytes or more")}`),
    });
    expect(answer.status).toBe(401);
    expect(await shop.line("out", (line) => line.startsWith("webhook  "))).toMatch(/^webhook {2}refused: /);
    expect([...shop.out, ...shop.err].join("\n")).not.toContain(SECRET);
  });

  test("without ONCALL_SECRET takes one for development, and prints it", async () => {
    const shop = await openShop("");
    const line = await shop.line("out", (line) => line.includes("whsec_"));
    const answer = await shop.post("/hook", { body, headers: signed(/whsec_\S+/.exec(line)![0]) });
    expect(answer.status).toBe(204);
    expect(await shop.line("out", (line) => line.startsWith("webhook  ")))
      .toBe("webhook  incident.opened, signature verified: It fails");
  });
});

/** `deploy --dry-run`, and the bundle that wrangler wrote if it ran. */
async function deploy(file: string, ...more: string[]) {
  const out = join(tree, `out-${file}`);
  const args = ["deploy", "--config-file", file, "--plan", "free", "--dry-run", "--outdir", out, ...more];
  const { code, printed } = await worker(...args).ended;
  const bundle = join(out, "worker.js");
  return { code, printed, bundle: existsSync(bundle) ? readFileSync(bundle, "utf8") : null };
}

describe("deploy --dry-run", () => {
  test("hands a config that is valid and fits the plan to wrangler, which bundles it", async () => {
    const { code, printed, bundle } = await deploy(
      config("valid.yaml", { "Demo shop": "Shop of this very test" }),
    );
    expect({ code, printed }).toEqual({ code: 0, printed: expect.stringContaining(DRY_RUN_ENDS) });
    expect(printed).toContain("it fits the free plan");
    expect(bundle).toContain("Shop of this very test");
    expect(printed).not.toContain("WARNING");
  });

  test("a pinned prober has a wrangler file of its own: no objects, no cron, and nothing to warn of", async () => {
    const file = config("pinned.yaml", { "Demo shop": "Shop that a pinned prober asks" });
    const { code, printed, bundle } = await deploy(file, "--config", "wrangler.prober.toml");
    expect({ code, printed }).toEqual({ code: 0, printed: expect.stringContaining(DRY_RUN_ENDS) });
    expect(printed).toMatch(/env\.ASSAY_PROBER \("iad"\) +Environment Variable/);
    expect(printed).not.toMatch(/WARNING|Durable Object/);
    expect(bundle).toContain("Shop that a pinned prober asks");
  });

  test.each([
    // Line and column of the key in the file.
    [
      "a typo",
      "typo.yaml",
      { "journey:": "jurney:" },
      /^typo\.yaml:18:9: error: .*\n(.*\n)*.*did you mean: journey/m,
    ],
    [
      "more requests than the plan has",
      "large.yaml",
      { "every: 200ms, within: 1s": "every: 50ms, within: 4s" },
      /^ +subrequests of an ask of a prober: .* over the limit of 50: .*shop\/orders/m,
    ],
  ])("exits 1 for a config with %s, says where, and never runs wrangler", async (_, name, changes, says) => {
    const { code, printed, bundle } = await deploy(config(name, changes));
    expect({ code, printed, bundle }).toEqual({
      code: 1,
      printed: expect.stringMatching(says),
      bundle: null,
    });
    expect(printed).not.toContain("wrangler");
  });
});
