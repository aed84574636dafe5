import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

const HAPROXY = "/usr/sbin/haproxy";
const isMissing = !existsSync(HAPROXY) && !Deno.env.get("CI");
const NAME = `a real HAProxy${isMissing ? " (skipped: apt-get install haproxy)" : ""}`;

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "assay-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };

/** The line of `?as=haproxy` over TCP, as an agent gives it. */
function agent(url: string): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const connection of listener) {
      const line = await (await fetch(url)).text();
      await connection.write(new TextEncoder().encode(line)).catch(() => {});
      connection.close();
    }
  })();
  return listener;
}

/** A shop behind a HAProxy that goes by what Assay says of it. */
function balanced(shop: ApiFixture, checks: (assay: number, agent: number) => string) {
  const own = Deno.serve(loopback, () => new Response("an order"));
  const assay = Deno.serve(loopback, api(shop).fetch);
  const told = agent(`http://127.0.0.1:${assay.addr.port}/v1/targets/shop/health?as=haproxy`);
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const file = join(folder, `${port}.cfg`);
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  retries 0
frontend front
  bind 127.0.0.1:${port}
  default_backend shop
backend shop
${checks(assay.addr.port, told.addr.port).replaceAll("SHOP", `127.0.0.1:${own.addr.port}`)}
`,
  );
  const child = new Deno.Command(HAPROXY, { args: ["-db", "-q", "-f", file], stdout: "null", stderr: "null" })
    .spawn();
  return {
    /** Asks until HAProxy answers with this code; the test's own time-out ends it. */
    async answers(code: number) {
      for (;;) {
        const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
        await response?.body?.cancel();
        if (response?.status === code) return code;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      child.kill("SIGKILL");
      await child.status;
      told.close();
      await Promise.all([own.shutdown(), assay.shutdown()]);
    },
  };
}

describe.skipIf(isMissing)(NAME, () => {
  test.each([
    [
      "option httpchk on ?as=k8s-http",
      (assay: number, _: number) =>
        `  option httpchk GET /v1/targets/shop/health?as=k8s-http
  server one SHOP check addr 127.0.0.1 port ${assay} inter 100ms fall 1 rise 1`,
    ],
    [
      "agent-check on the line of ?as=haproxy",
      (_: number, agent: number) =>
        `  server one SHOP agent-check agent-addr 127.0.0.1 agent-port ${agent} agent-inter 100ms`,
    ],
  ])("%s: no traffic while the journey fails, traffic while it works", async (_, checks) => {
    const shop = await apiFixture({ text: withToken(threeRegions()) });
    shop.script.set("drift");
    await shop.runMinutes(3);
    const balancer = balanced(shop, checks);
    try {
      expect(await balancer.answers(503)).toBe(503);
      for (const [word, code] of [["ready", 200], ["not_ready", 503], ["underclaim", 200]] as const) {
        shop.script.set(word);
        await shop.runMinutes(3);
        expect(await balancer.answers(code)).toBe(code);
      }
    } finally {
      await balancer.stop();
    }
  }, 60_000);
});
