import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notify } from "../../scripts/cli/push/notify_socket.ts";
import { type Child, spawn } from "./child.ts";

const secrets = { ASSAY_TOKEN: "an-operator-token", UNIT_TOKEN: "the-token-of-the-unit" };
/** Those that are watched, and those that only take what is pushed. */
const WATCHED = ["exec", "unit", "box", "app"];
const TAKING = ["ended", "moved", "unitonce", "refused", ...Array.from({ length: 12 }, (_, i) => `code${i}`)];

/** A service that ends with whoever started it. */
const ORPHAN = "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";

let folder: string;
let url: string;
let assay: Child;
const children: Child[] = [];
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  const shop = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("fine"));
  closers.push(() => shop.shutdown());
  const file = join(folder, "assay.yaml");
  const targets = [...WATCHED, ...TAKING].map((id) =>
    `  - { id: ${id}, url: "http://127.0.0.1:${shop.addr.port}", checks: [{ ${
      WATCHED.includes(id) ? "every: 1s, timeout: 900ms" : "every: 1h"
    },
      report: { push: { token: "\${env:UNIT_TOKEN}", ttl: 4s } }, journey: [{ request: { path: / }, expect: status == 200 }] }] }`
  );
  writeFileSync(
    file,
    `version: 1\nstore: { memory: {} }\napi: { token: "\${env:ASSAY_TOKEN}" }\nallowPrivate: true\nregions: [local]\ntargets:\n${
      targets.join("\n")
    }\n`,
  );
  assay = spawn("../../scripts/cli/assay.ts", ["start", file, "--port", "0"], secrets);
  const line = await assay.line("err", (line) => line.includes('"message":"assay started"'));
  url = `http://127.0.0.1:${JSON.parse(line).port}`;
}, 60_000);

afterAll(async () => {
  for (const child of [assay, ...children]) {
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended, and is still being read */ }
  }
  await Promise.all([assay, ...children].map(({ ended }) => ended));
  await Promise.all(closers.map((close) => close()));
  rmSync(folder, { recursive: true });
});

/** Starts `assay push` for a target, once a second. */
function push(target: string, args: string[], env: Record<string, string> = {}): Child {
  const where = ["--url", url, "--target", target, "--token-env", "UNIT_TOKEN"];
  const child = spawn("../../scripts/cli/assay.ts", ["push", ...where, "--interval", "1s", ...args], {
    ...secrets,
    ...env,
  });
  children.push(child);
  return child;
}

const bearer = { authorization: `Bearer ${secrets.ASSAY_TOKEN}` };

/** The verdict on a check in the status API, and what is reported there. */
async function status(target: string) {
  const answer = await fetch(`${url}/v1/targets/${target}`, { headers: bearer });
  const { checks: [check] } = await answer.json();
  const { verdict, reported } = check.regions[0].probers[0];
  return {
    verdict,
    state: reported?.state,
    reason: reported?.reason,
    dialect: reported?.dialect,
  };
}

type Status = Awaited<ReturnType<typeof status>>;

/** Asks until the status is this. */
async function shows(target: string, want: Partial<Status>) {
  const deadline = performance.now() + 30_000;
  const holds = (seen: Status) =>
    Object.entries(want).every(([key, value]) => seen[key as keyof Status] === value);
  for (let seen = await status(target); !holds(seen); seen = await status(target)) {
    if (performance.now() > deadline) expect(seen).toMatchObject(want);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.concurrent("assay push", () => {
  test("--exec: the code of a command, in the status API; killed, it goes stale", async () => {
    const code = join(folder, "code");
    // Whole or not at all: an empty file would be exit 0.
    const answer = (text: string) => {
      writeFileSync(`${code}.new`, text);
      renameSync(`${code}.new`, code);
    };
    answer("0");
    const pusher = push("exec", ["--exec", `echo checked; exit $(cat ${code})`]);
    await shows("exec", { verdict: "ready", state: "ready", reason: "exit 0: checked" });
    answer("2");
    await shows("exec", { verdict: "underclaim", state: "not_ready", reason: "exit 2: checked" });
    answer("1");
    await shows("exec", { verdict: "ready", state: "degraded" });
    pusher.kill("SIGKILL");
    await shows("exec", { verdict: "unreported", state: "unknown", reason: "stale" });
    const lines = pusher.err.map((line) => JSON.parse(line));
    expect(lines.map(({ message, state }) => `${message} ${state}`)).toEqual([
      "pushed ready",
      "pushed not_ready",
      "pushed degraded",
    ]);
    expect([...pusher.err, ...pusher.out].join("\n")).not.toContain(secrets.UNIT_TOKEN);
  }, 120_000);

  test(
    "--notify-socket: what a service tells systemd is told to Assay as well, and passed on; killed, it goes stale",
    async () => {
      const path = join(folder, "unit.sock");
      const above = join(folder, "systemd.sock");
      const systemd = Deno.listenDatagram({ transport: "unixpacket", path: above });
      const pusher = push("unit", ["--notify-socket", path, "--", "sh", "-c", ORPHAN], {
        NOTIFY_SOCKET: above,
        WATCHDOG_USEC: "600000000",
      });
      const passed = async () => new TextDecoder().decode((await systemd.receive())[0]);
      await shows("unit", { state: "starting", dialect: "systemd" });
      await notify(path, "READY=1\nSTATUS=Serving\nMAINPID=1");
      expect(await passed()).toBe("READY=1\nSTATUS=Serving");
      await shows("unit", { verdict: "ready", state: "ready" });
      for (
        const [datagram, state] of [
          ["RELOADING=1\nMONOTONIC_USEC=1", "degraded"],
          ["READY=1", "ready"],
          ["STATUS=Degraded: replica lag 41s", "degraded"],
          ["WATCHDOG=1", "degraded"],
          ["STATUS=Serving", "ready"],
          ["WATCHDOG=trigger", "not_ready"],
        ]
      ) {
        await notify(path, datagram!);
        expect(await passed()).toBe(datagram);
        await shows("unit", { state: state! as never });
      }
      await notify(path, "STOPPING=1");
      await shows("unit", { state: "draining", verdict: "announced" });
      pusher.kill("SIGKILL");
      await shows("unit", { state: "unknown", reason: "stale" });
      systemd.close();
    },
    120_000,
  );

  test(
    "--notify-socket: SIGTERM goes to the command, whose end is told, and whose code is the pusher's",
    async () => {
      const path = join(folder, "ended.sock");
      const script = 'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done';
      const pusher = push("ended", ["--interval", "60s", "--notify-socket", path, "--", "sh", "-c", script]);
      await pusher.line("out", (line) => line === "up");
      await notify(path, "READY=1");
      await pusher.line("err", (line) => line.includes('"state":"ready"'));
      pusher.kill("SIGTERM");
      expect(await pusher.ended).toMatchObject({ code: 7 });
      expect(JSON.parse(pusher.err.at(-1)!)).toMatchObject({ message: "pushed", state: "not_ready" });
      expect(() => Deno.lstatSync(path)).toThrow();
    },
    60_000,
  );

  test(
    "--docker: an engine's answers over a unix socket, in the status API; killed, it goes stale",
    async () => {
      const path = join(folder, "docker.sock");
      const captured = (name: string) =>
        readFileSync(`test/fixtures/report/docker/docker-health_${name}.api.http`, "utf8").split(
          /\r?\n\r?\n/,
        )[1]!;
      let body = captured("05_recovered");
      const asked: string[] = [];
      const engine = Deno.serve({ path, transport: "unix", onListen() {} }, (request) => {
        asked.push(new URL(request.url).pathname);
        return new Response(body, {
          status: body ? 200 : 404,
          headers: { "content-type": "application/json" },
        });
      });
      closers.push(() => engine.shutdown());
      const pusher = push("box", ["--docker", "h1", "--docker-socket", path]);
      await shows("box", { verdict: "ready", state: "ready", dialect: "docker" });
      expect(new Set(asked)).toEqual(new Set(["/containers/h1/json"]));
      for (
        const [name, state] of [["06_paused", "not_ready"], ["05_recovered", "ready"], [
          "08_exited",
          "not_ready",
        ]]
      ) {
        body = captured(name!);
        await shows("box", { state: state! as never });
      }
      body = captured("09_no_healthcheck");
      await shows("box", { verdict: "unreported", state: "unknown" });
      body = "";
      await shows("box", { state: "unknown", reason: "docker: no container h1" });
      body = captured("05_recovered");
      await shows("box", { state: "ready" });
      pusher.kill("SIGKILL");
      await shows("box", { state: "unknown", reason: "stale" });
      expect([...pusher.err, ...pusher.out].join("\n")).not.toContain("HostConfig");
    },
    120_000,
  );

  test("--http: a private endpoint in any dialect; stopped, it says nothing and goes stale", async () => {
    let up = true;
    const app = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () =>
        Response.json({ status: up ? "UP" : "DOWN", components: { db: { status: up ? "UP" : "DOWN" } } }, {
          status: up ? 200 : 503,
        }),
    );
    const pusher = push("app", ["--http", `http://127.0.0.1:${app.addr.port}/actuator/health`]);
    await shows("app", { verdict: "ready", state: "ready", dialect: "spring" });
    up = false;
    await shows("app", { verdict: "underclaim", state: "not_ready" });
    await app.shutdown();
    await shows("app", { state: "unreachable", verdict: "unreported" });
    pusher.kill("SIGTERM");
    expect(await pusher.ended).toMatchObject({ code: 0 });
    await shows("app", { state: "unknown", reason: "stale" });
  }, 120_000);

  test("--systemd: what systemctl shows", async () => {
    const bin = mkdtempSync(join(folder, "bin-"));
    const capture = readFileSync("test/fixtures/report/systemd/systemd-unit_reloading.http", "utf8").split(
      /\r?\n\r?\n/,
    )[1]!;
    writeFileSync(join(bin, "shown"), capture);
    writeFileSync(
      join(bin, "systemctl"),
      `#!/bin/sh\n[ "$1 $2 $3" = "show a.service -p" ] || exit 1\ncat ${bin}/shown\n`,
      {
        mode: 0o755,
      },
    );
    const env = { PATH: `${bin}:${Deno.env.get("PATH")}` };
    const pusher = push("unitonce", ["--once", "--systemd", "a.service"], env);
    expect(await pusher.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(pusher.err.at(-1)!)).toMatchObject({
      message: "pushed",
      state: "degraded",
      dialect: "systemd",
    });
    const broken = push("unitonce", ["--once", "--systemd", "b.service"], env);
    expect(await broken.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(broken.err.at(-1)!)).toMatchObject({ state: "unknown", reason: "systemctl: exit 1" });
  }, 60_000);
});

test("assay push: stopped while it looks, it pushes nothing more", async () => {
  const looking = join(folder, "looking");
  const pusher = push("refused", ["--exec", `echo > ${looking}; sleep 2`]);
  while (!existsSync(looking)) await new Promise((resolve) => setTimeout(resolve, 50));
  pusher.kill("SIGTERM");
  expect(await pusher.ended).toMatchObject({ code: 0 });
  expect(pusher.err).toEqual([]);
}, 60_000);

describe.concurrent("assay push --once", () => {
  const report = (target: string, init: RequestInit = {}) =>
    fetch(`${url}/v1/targets/${target}/checks/default/reports/default`, { ...init, headers: bearer });

  test("goes on above a higher seq that is kept: a clock that stepped back, or another sender", async () => {
    const ahead = Date.now() + 3_600_000;
    const body = JSON.stringify({ state: "not_ready", seq: ahead, at: Date.now() });
    expect((await report("moved", { method: "PUT", body })).status).toBe(200);
    expect(await push("moved", ["--once", "--exec", "true"]).ended).toMatchObject({ code: 0 });
    expect(await (await report("moved")).json()).toMatchObject({ state: "ready", seq: ahead + 1 });
  }, 60_000);

  test.each([
    ["a wrong token", [], { UNIT_TOKEN: "a-wrong-token-of-nobody" }, "401"],
    ["a target that there is not", ["--target", "nix"], { UNIT_TOKEN: secrets.ASSAY_TOKEN }, "404"],
    ["nobody there", ["--url", "http://127.0.0.1:2"], {}, "network"],
  ])("%s: exit 1, and says why without the token", async (_, args, env, why) => {
    const pusher = push("refused", ["--once", "--exec", "true", ...args], env);
    expect(await pusher.ended).toMatchObject({ code: 1 });
    expect(pusher.err.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ message: "not pushed", why, state: "ready" }),
    ]);
    expect(pusher.err.join()).not.toContain(Object.values({ ...secrets, ...env })[1]);
  }, 60_000);

  test.each([
    ["no way to look", [], "one of --systemd"],
    ["two ways to look", ["--exec", "true", "--systemd", "a"], "one of --systemd"],
    ["no token", ["--exec", "true", "--token-env", "NOWHERE_SET"], "NOWHERE_SET is not set"],
    ["a ttl within the interval", ["--exec", "true", "--ttl", "1s"], "expires before the next push"],
    ["no URL", ["--exec", "true", "--url", "nowhere"], "Not a URL"],
    ["a command that nothing starts", ["--exec", "true", "--", "sleep"], "Only --notify-socket"],
    ["a notify socket without a command", ["--notify-socket", "/nowhere/s"], "needs a command"],
    ["an interval that is none", ["--exec", "true", "--interval", "soon"], "Not a duration"],
  ])("usage, exit 3: %s", async (_, args, says) => {
    const pusher = push("refused", args);
    expect(await pusher.ended).toMatchObject({ code: 3 });
    expect(pusher.err.join("\n")).toContain(says);
  }, 60_000);
});

describe.concurrent("assay push --exec", () => {
  test.each([
    ["code0", "exit 0", "nagios", "ready"],
    ["code1", "exit 1", "nagios", "degraded"],
    ["code2", "exit 2", "nagios", "not_ready"],
    ["code3", "exit 3", "nagios", "unknown"],
    ["code4", "exit 4", "nagios", "not_ready"],
    ["code5", "exit 1", "probe", "not_ready"],
    ["code6", "nowhere-to-be-found", "nagios", "unknown"],
    ["code7", "nowhere-to-be-found", "probe", "unknown"],
    ["code8", "kill -9 $$", "nagios", "not_ready"],
    ["code9", "yes & sleep 60", "nagios", "not_ready"],
    ["code10", 'test -z "$UNIT_TOKEN"', "probe", "ready"],
    ["code11", "setsid sleep 90 & exit 0", "nagios", "not_ready"],
  ])("%s: %s, as %s: %s", async (target, command, codes, state) => {
    const pusher = push(target, ["--once", "--timeout", "2s", "--exec", command, "--codes", codes]);
    expect(await pusher.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(pusher.err.at(-1)!)).toMatchObject({ message: "pushed", state });
  }, 60_000);
});
