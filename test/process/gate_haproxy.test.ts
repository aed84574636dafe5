import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { api } from "../../src/web/app.ts";
import { apiFixture, TOKEN } from "../web/api/api_fixture.ts";
import { testWith } from "../world/tool.ts";

const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };

/** The backend of examples/gates/haproxy.cfg, with loopback in the place of its hosts, and one site. */
function backend(gate: number, site: number): string {
  const swaps: [RegExp, string][] = [
    [/TOKEN/, TOKEN],
    [
      /inter 10s fall 2 rise 2 addr assay\.example port 443 check-ssl .*/,
      `inter 100ms fall 1 rise 1 addr 127.0.0.1 port ${gate}`,
    ],
    [/server one .*/, `server one 127.0.0.1:${site}`],
    [/.*server two .*/, ""],
  ];
  return swaps.reduce((text, [from, to]) => {
    expect(text).toMatch(from);
    return text.replace(from, to);
  }, readFileSync("examples/gates/haproxy.cfg", "utf8"));
}

/** The status that a client of the frontend sees; 0 while nobody listens. */
async function seen(path: string): Promise<number> {
  try {
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    const bytes = new Uint8Array(64);
    const length = await connection.read(bytes) ?? 0;
    return Number(/^HTTP\/1\.\d (\d{3})/.exec(new TextDecoder().decode(bytes.subarray(0, length)))?.[1]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) return 0;
    throw error;
  }
}

testWith("haproxy", "apt-get install haproxy")(
  "a real HAProxy takes a site out when its gate fails, and only then",
  async () => {
    const shop = await apiFixture();
    await shop.runMinutes(3);
    const folder = mkdtempSync(join(tmpdir(), "assay-haproxy-"));
    let asked = Promise.withResolvers<void>();
    const app = api(shop);
    const gate = Deno.serve(loopback, async (request) => {
      const answer = await app.fetch(request);
      asked.resolve();
      return answer;
    });
    const site = Deno.serve(loopback, () => new Response("an order"));
    const socket = join(folder, "front.sock");
    const file = join(folder, "haproxy.cfg");
    writeFileSync(
      file,
      `defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend front
    bind unix@${socket}
    default_backend sites
${backend(gate.addr.port, site.addr.port)}`,
    );
    const child = new Deno.Command("haproxy", {
      args: ["-db", "-q", "-f", file],
      stdout: "null",
      stderr: "null",
    }).spawn();
    /** The next checks of HAProxy: when the second one comes, the answer to the first has been acted on. */
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
        found.push([word, await seen(socket)]);
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
      child.kill("SIGKILL");
      await child.status;
      await Promise.all([gate.shutdown(), site.shutdown()]);
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);
