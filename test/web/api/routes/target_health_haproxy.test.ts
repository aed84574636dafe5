import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { CHECK_OFTEN, startHaproxy } from "../../../world/haproxy.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { testWith } from "../../../world/tool.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

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
  const sites = checks(assay.addr.port, told.addr.port).replaceAll("SHOP", `127.0.0.1:${own.addr.port}`);
  const haproxy = startHaproxy(folder, `backend sites\n${sites}`);
  return {
    /** Asks until HAProxy answers with this code; the test's own time-out ends it. */
    async answers(code: number) {
      for (;;) {
        if (await haproxy.status() === code) return code;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async stop() {
      await haproxy.stop();
      told.close();
      await Promise.all([own.shutdown(), assay.shutdown()]);
    },
  };
}

const WAYS: Record<string, (assay: number, agent: number) => string> = {
  "option httpchk on ?as=k8s-http": (assay) =>
    `  option httpchk GET /v1/targets/shop/health?as=k8s-http
  server one SHOP check addr 127.0.0.1 port ${assay} ${CHECK_OFTEN}`,
  "agent-check on the line of ?as=haproxy": (_, agent) =>
    `  server one SHOP agent-check agent-addr 127.0.0.1 agent-port ${agent} agent-inter 100ms`,
};

for (const [way, checks] of Object.entries(WAYS)) {
  testWith("haproxy", "apt-get install haproxy")(
    `a real HAProxy, ${way}: no traffic while the journey fails, traffic while it works`,
    async () => {
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
    },
    300_000,
  );
}
