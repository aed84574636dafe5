/** Deno Deploy, as far as its cron socket tells: the protocol is that of Deno's own `ext/cron/socket.rs`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Child, spawn } from "./child.ts";

let folder: string;
const children: Child[] = [];
const platforms: Platform[] = [];
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "assay-deploy-"))));
afterAll(async () => {
  children.forEach((child) => child.kill("SIGKILL"));
  await Promise.all([...children.map(({ ended }) => ended), ...platforms.map(({ close }) => close())]);
  rmSync(folder, { recursive: true });
});

interface Message {
  kind: "register" | "result" | "reject-ack";
  crons?: { name: string; schedule: string }[];
  success?: boolean;
}

interface Platform {
  /** As `DENO_UNSTABLE_CRON_SOCK` names it. */
  address: string;
  messages: Message[];
  /** The first message of this kind, arrived or to come. */
  message(kind: Message["kind"]): Promise<Message>;
  invoke(cron: string): void;
  close(): Promise<void>;
}

/** The other end of the cron socket. */
async function platform(name: string): Promise<Platform> {
  const path = join(folder, `${name}.sock`);
  const messages: Message[] = [];
  const watchers = new Set<() => void>();
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    let rest = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      messages.push(...lines.map((line) => JSON.parse(line)));
      watchers.forEach((watcher) => watcher());
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const made: Platform = {
    address: `unix:${path}`,
    messages,
    message: (kind) =>
      new Promise<Message>((resolve) => {
        const watcher = () => {
          const found = messages.find((message) => message.kind === kind);
          if (found && watchers.delete(watcher)) resolve(found);
        };
        watchers.add(watcher);
        watcher();
      }),
    invoke: (cron) => void sockets.at(-1)!.write(JSON.stringify({ kind: "invoke", name: cron }) + "\n"),
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  platforms.push(made);
  return made;
}

function configFile(name: string, target: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `version: 1
store: { sqlite: ${join(folder, `${name}.db`)} }
api: { token: "\${env:ASSAY_TOKEN}" }
allowPrivate: true
regions: [local]
targets:
  - id: shop
    url: ${target}
    checks:
      - id: orders
        every: 1s # so that a slot is left of the minute in which it starts
        timeout: 30s
        journey: [{ name: order, request: { path: /orders }, expect: ["status == 200"] }]
webhooks:
  - { id: oncall, url: "\${env:HOOK_URL}", secret: "\${env:HOOK_SECRET}" }
`,
  );
  return file;
}

const SECRETS = {
  ASSAY_TOKEN: "an-operator-token",
  HOOK_URL: "http://127.0.0.1:1/",
  HOOK_SECRET: `whsec_${btoa("a secret of twenty-four bytes")}`,
};

function assay(
  file: string,
  env: Record<string, string>,
  script = "../../scripts/cli/assay.ts",
): Child {
  const child = spawn(script, ["start", file, "--port", "0"], {
    DENO_DEPLOY: "true",
    ...env,
  });
  children.push(child);
  return child;
}

async function portOf(child: Child): Promise<number> {
  const line = await child.line("err", (line) => line.includes('"port"'));
  return JSON.parse(line).port;
}

/** A target that answers once `gate` opens. */
function slowTarget(gate: Promise<void>) {
  const asked = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    asked.resolve();
    await gate;
    return new Response("{}");
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked: asked.promise,
    close: () => server.shutdown(),
  };
}

const TICK = { kind: "register", crons: [{ name: "tick", schedule: "* * * * *" }] };

describe.concurrent("on Deno Deploy", () => {
  test.each(["preview/abc", "production"])(
    "timeline %s registers its cron before it serves",
    async (timeline) => {
      const env = { ...SECRETS, DENO_TIMELINE: timeline };
      const child = assay(configFile(timeline.slice(0, 4), "http://127.0.0.1:1"), env, "call_order.ts");
      await child.line("out", (line) => line === "serve");
      expect(child.out).toEqual(["cron", "serve"]);
      await portOf(child);
      child.kill("SIGINT");
      expect(await child.ended).toMatchObject({ code: 0 });
    },
    120_000,
  );

  test(
    "a preview without secrets answers /livez alone, takes an invocation, and ends at SIGINT",
    async () => {
      const { address, message, invoke } = await platform("preview");
      const env = { DENO_TIMELINE: "preview/abc", DENO_UNSTABLE_CRON_SOCK: address };
      const child = assay(configFile("preview", "http://127.0.0.1:1"), env);
      const url = `http://127.0.0.1:${await portOf(child)}`;
      expect(await message("register")).toMatchObject(TICK);
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      const other = await fetch(`${url}/v1/status`);
      expect(other.status).toBe(503);
      expect(await other.json()).toMatchObject({ title: "Not the production timeline" });
      invoke("tick");
      expect(await message("result")).toMatchObject({ success: true });
      child.kill("SIGINT");
      expect(await child.ended).toMatchObject({ code: 0 });
    },
    120_000,
  );

  test("the result of a run comes after its walk", async () => {
    const gate = Promise.withResolvers<void>();
    const target = slowTarget(gate.promise);
    const { address, message, messages, invoke } = await platform("walk");
    const env = { ...SECRETS, DENO_TIMELINE: "production", DENO_UNSTABLE_CRON_SOCK: address };
    const child = assay(configFile("walk", target.url), env, "mid_minute.ts");
    await message("register");
    await target.asked;
    invoke("tick");
    // The process has seen the invocation long before it answers this.
    await fetch(`http://127.0.0.1:${await portOf(child)}/v1/status`).then((answer) => answer.text());
    expect(messages.map(({ kind }) => kind)).toEqual(["register"]);
    gate.resolve();
    expect(await message("result")).toMatchObject({ success: true });
    child.kill("SIGINT");
    expect(await child.ended).toMatchObject({ code: 0 });
    await target.close();
  }, 120_000);

  test(
    "SIGINT while a target hangs: the lease is given back, and it exits before it would be killed",
    async () => {
      const gate = Promise.withResolvers<void>();
      const target = slowTarget(gate.promise);
      const { address } = await platform("hang");
      const env = { ...SECRETS, DENO_TIMELINE: "production", DENO_UNSTABLE_CRON_SOCK: address };
      const file = configFile("hang", target.url);
      const child = assay(file, env, "mid_minute.ts");
      await target.asked;
      const asked = performance.now();
      child.kill("SIGINT");
      expect(await child.ended).toMatchObject({ code: 0 });
      expect(performance.now() - asked).toBeLessThan(9_000);
      gate.resolve();
      await target.close();
    },
    120_000,
  );
});
