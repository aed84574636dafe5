import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api } from "../../src/web/app.ts";
import { type ApiFixture, apiFixture, TOKEN } from "../web/api/api_fixture.ts";
import type { ScriptedAnswer } from "../world/scripted_probers.ts";
import { spawn } from "./child.ts";

const WORDS = [
  "ready",
  "underclaim",
  "drift",
  "starting",
  "inconclusive",
] as const satisfies readonly ScriptedAnswer[];
type Word = (typeof WORDS)[number];

let folder: string;
let stranger: string;
const urls = new Map<Word, string>();
const servers: Deno.HttpServer[] = [];

function serve(handler: (request: Request) => Response | Promise<Response>): string {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  servers.push(server);
  return `http://127.0.0.1:${server.addr.port}`;
}

async function settled(said: ScriptedAnswer): Promise<ApiFixture> {
  const shop = await apiFixture();
  shop.script.set(said);
  await shop.runMinutes(3);
  return shop;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  for (const word of WORDS) urls.set(word, serve(api(await settled(word)).fetch));
  stranger = serve(() => new Response("<p>ready</p>", { headers: { "content-type": "text/html" } }));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.shutdown()));
  rmSync(folder, { recursive: true });
});

async function probe(args: string[], env: Record<string, string> = {}) {
  const child = spawn("../../scripts/cli/assay.ts", ["health", ...args], env);
  const { code } = await child.ended;
  return { code, out: child.out.join("\n"), err: child.err.join("\n") };
}

/** Docker: 0 and 1, never its reserved 2. Kubernetes: 0 or not. Consul: 0, 1 warning, else critical. Nagios: 0 to 3. */
describe.concurrent("exit codes", () => {
  test.each(
    [
      ["docker", "ready", 0, "shop ready"],
      ["docker", "underclaim", 0, "shop degraded"],
      ["docker", "drift", 1, "shop not_ready"],
      ["docker", "inconclusive", 1, "shop unknown"],
      ["k8s", "ready", 0, "shop ready"],
      ["k8s", "starting", 1, "shop starting"],
      ["consul", "ready", 0, "shop ready"],
      ["consul", "underclaim", 1, "shop degraded"],
      ["consul", "drift", 2, "shop not_ready"],
      ["consul", "inconclusive", 2, "shop unknown"],
      ["nagios", "ready", 0, "ASSAY OK - shop ready"],
      ["nagios", "underclaim", 1, "ASSAY WARNING - shop degraded"],
      ["nagios", "drift", 2, "ASSAY CRITICAL - shop not_ready"],
      ["nagios", "inconclusive", 3, "ASSAY UNKNOWN - shop unknown"],
    ] as const,
  )("%s of %s: %i", async (platform, word, code, out) => {
    const ended = await probe(["shop", "--as", platform, "--url", urls.get(word)!]);
    expect(ended).toEqual({ code, out, err: "" });
  });

  test("a token brings the reason, and the check can be named", async () => {
    const args = ["shop", "--check", "read", "--as", "nagios", "--url", urls.get("drift")!];
    const { code, out } = await probe([...args, "--token-env", "ASSAY_TOKEN"], { ASSAY_TOKEN: TOKEN });
    expect([code, out]).toEqual([
      2,
      "ASSAY CRITICAL - shop not_ready: drift (eu drift, us drift, ap drift)",
    ]);
  });

  test.each<[string, () => string, string[], string]>([
    ["nobody answers", () => "http://127.0.0.1:1", [], "Cannot reach Assay"],
    ["somebody else answers", () => stranger, [], "Assay answered 200"],
    ["an unknown check", () => urls.get("ready")!, ["--check", "x"], "no check with this id"],
  ])("%s: unknown, never green", async (_, url, more, says) => {
    const codes = await Promise.all(["docker", "consul", "nagios"].map(async (platform) => {
      const { code, out } = await probe(["shop", "--as", platform, "--url", url(), ...more]);
      expect(out).toContain(says);
      return code;
    }));
    expect(codes).toEqual([1, 2, 3]);
  });

  test.each([
    ["no platform", ["shop"], "--as"],
    ["an unknown platform", ["shop", "--as", "nagois"], "Allowed choices are"],
    ["a URL that is none", ["shop", "--as", "docker", "--url", "nowhere"], "Not a URL: nowhere"],
    ["a token that is not set", ["shop", "--as", "docker", "--token-env", "NOT_SET"], "NOT_SET is not set"],
    ["systemd without its socket", ["shop", "--as", "systemd"], "NOTIFY_SOCKET is not set"],
  ])("usage, exit 3: %s", async (_, args, says) => {
    const { code, err } = await probe(args);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining(says) });
  });
});

/** Stands where systemd listens. */
async function told(word: Word) {
  const path = join(folder, `${word}.sock`);
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const { code, out } = await probe(["shop", "--as", "systemd", "--url", urls.get(word)!], {
    NOTIFY_SOCKET: path,
  });
  const [bytes] = await socket.receive();
  socket.close();
  return { code, out, text: new TextDecoder().decode(bytes) };
}

describe("systemd is told over its notify socket", () => {
  test.each(
    [
      ["ready", 0, "READY=1\nSTATUS=shop ready"],
      ["underclaim", 0, "READY=1\nSTATUS=shop degraded"],
      // sd_notify(3) has no word that takes READY=1 back, and STOPPING=1 would be final.
      ["drift", 1, "STATUS=shop not_ready"],
      ["inconclusive", 1, "STATUS=shop unknown"],
    ] as const,
  )("%s", async (word, code, text) => {
    expect(await told(word)).toMatchObject({ code, text });
  });

  test("a socket that is not there fails the probe", async () => {
    const args = ["shop", "--as", "systemd", "--url", urls.get("ready")!];
    const { code, err } = await probe(args, { NOTIFY_SOCKET: join(folder, "gone.sock") });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("Cannot notify") });
  });
});
