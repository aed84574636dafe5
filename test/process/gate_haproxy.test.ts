import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { api } from "../../src/web/app.ts";
import { apiFixture, TOKEN } from "../web/api/api_fixture.ts";
import { CHECK_OFTEN, startHaproxy } from "../world/haproxy.ts";
import { testWith } from "../world/tool.ts";

const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };

/** The backend of examples/gates/haproxy.cfg, with loopback in the place of its hosts, and one site. */
function backend(gate: number, site: number): string {
  const swaps: [RegExp, string][] = [
    [/TOKEN/, TOKEN],
    [
      /inter 10s fall 2 rise 2 addr assay\.example port 443 check-ssl .*/,
      `${CHECK_OFTEN} addr 127.0.0.1 port ${gate}`,
    ],
    [/server one .*/, `server one 127.0.0.1:${site}`],
    [/.*server two .*/, ""],
  ];
  return swaps.reduce((text, [from, to]) => {
    expect(text).toMatch(from);
    return text.replace(from, to);
  }, readFileSync("examples/gates/haproxy.cfg", "utf8"));
}

testWith("haproxy", "apt-get install haproxy")(
  "a real HAProxy takes a site out when its gate fails, and only then",
  async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    const folder = mkdtempSync(join(tmpdir(), "assay-haproxy-"));
    let asked = Promise.withResolvers<void>();
    const app = api(shop);
    const gate = Deno.serve(loopback, (request) => {
      asked.resolve();
      return app.fetch(request);
    });
    const site = Deno.serve(loopback, () => new Response("an order"));
    const balancer = startHaproxy(folder, backend(gate.addr.port, site.addr.port));
    /** The next checks that come: with the second one, the answer to the first has been acted on. */
    const checks = async () => {
      for (let i = 0; i < 2; i++) {
        asked = Promise.withResolvers<void>();
        await asked.promise;
      }
    };
    try {
      const found: [string, number][] = [];
      for (const word of ["ready", "drift", "ready", "underclaim", "down", "inconclusive"] as const) {
        shop.script.set(word);
        await shop.runMinutes(3);
        await checks();
        found.push([word, await balancer.status()]);
      }
      // Inconclusive keeps what is in, and takes back what a failure took out: missing evidence must not empty a backend.
      expect(found).toEqual([
        ["ready", 200],
        ["drift", 503],
        ["ready", 200],
        ["underclaim", 200],
        ["down", 503],
        ["inconclusive", 200],
      ]);
    } finally {
      await balancer.stop();
      await Promise.all([gate.shutdown(), site.shutdown()]);
      rmSync(folder, { recursive: true });
    }
  },
  300_000,
);
