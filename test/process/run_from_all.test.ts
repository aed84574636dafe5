import { afterAll, beforeAll, expect, test } from "vitest";
import { api } from "../../src/web/app.ts";
import { threeRegions } from "../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, TOKEN } from "../web/api/api_fixture.ts";
import { spawn } from "./child.ts";

let shop: ApiFixture;
let server: Deno.HttpServer<Deno.NetAddr>;
let folder: string;
beforeAll(async () => {
  folder = await Deno.makeTempDir();
  const read = threeRegions();
  await Deno.writeTextFile(`${folder}/assay.yaml`, read);
  await Deno.writeTextFile(`${folder}/other.yaml`, read.replace("id: read", "id: gone"));
  shop = await apiFixture();
  // A walk of its own for each test: one app allows one in ten seconds.
  server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => api({ ...shop, runCheck: shop.settler.probeNow }).fetch(request),
  );
});
afterAll(async () => {
  await server.shutdown();
  await Deno.remove(folder, { recursive: true });
});

async function ran(args: string[], { token = TOKEN, file = "assay.yaml" } = {}) {
  const url = `http://127.0.0.1:${server.addr.port}`;
  const child = spawn(
    "../../scripts/cli/assay.ts",
    ["run", `${folder}/${file}`, "--from", "all", "--url", url, ...args],
    { ASSAY_TOKEN: token, PROBER_TOKEN: "tok-of-the-prober", HOOK_SECRET: "whsec_x" },
  );
  const { code } = await child.ended;
  return { code, out: child.out.join("\n"), err: child.err.join("\n") };
}

test("a good round of every prober exits 0, and names each", async () => {
  shop.script.set("ready");
  const { code, out } = await ran([]);
  expect(code).toBe(0);
  for (const prober of ["fra", "iad", "sin"]) expect(out).toContain(`shop/read from ${prober}: ready`);
  expect(out).toMatch(/3 of 3 ready$/);
});

test("what one prober sees decides, and one that brings nothing is inconclusive", async () => {
  shop.script.set("ready");
  shop.script.set({ missed: "timeout" }, "sin");
  const doubtful = await ran(["--json"]);
  expect(doubtful.code).toBe(2);
  expect(JSON.parse(doubtful.out)).toMatchObject([
    { check: "shop/read", prober: "fra", verdict: "ready", before: { state: "ready" } },
    { prober: "iad", verdict: "ready" },
    { prober: "sin", verdict: "inconclusive", observation: { outcome: "error" } },
  ]);
  shop.script.set("drift", "iad");
  const [xml, github] = await Promise.all([ran(["--format", "junit"]), ran(["--format", "github"])]);
  expect([xml.code, github.code]).toEqual([1, 1]);
  expect(xml.out).toContain('tests="3" failures="1" errors="1"');
  expect(xml.out).toContain('name="read from iad"');
  expect(github.out).toMatch(/^::error file=.*,line=\d+,col=\d+,title=shop\/read from iad%3A drift::/m);
});

test.each<[string, Parameters<typeof ran>[1], string]>([
  ["a token that opens nothing", { token: "wrong" }, "the token is read from $ASSAY_TOKEN"],
  ["a check that the running Assay does not have", { file: "other.yaml" }, "shop/gone: 404"],
])("%s exits 3", async (_, options, why) => {
  const { code, err } = await ran([], options);
  expect(code).toBe(3);
  expect(err).toContain(why);
});
