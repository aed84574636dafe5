import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { spawn } from "./child.ts";

const page = (body: string, type = "application/json", status = 200) => () =>
  new Response(body, { status, headers: { "content-type": type } });
const nowhere = page("no such page", "text/plain", 404);

/** Services by how they say that they are well; what they have no answer for is a 404. */
const SERVICES: Record<string, Record<string, () => Response>> = {
  spring: {
    "/actuator/health": page('{"status":"UP","components":{"db":{"status":"UP"}}}'),
    "/": page('{"name":"shop","items":[1]}'),
  },
  kubernetes: {
    "/readyz": page("ok", "text/plain"),
    "/healthz": page("ok", "text/plain"),
    "/": page("<title>My Shop</title>", "text/html"),
  },
  // Answers every path with one page.
  catchAll: { "*": page("<!doctype html><html><title>App</title></html>", "text/html") },
  // As Docker's registry answers at its root.
  empty: { "/": page("", "text/plain") },
  silent: { "/": page("plain words", "text/plain") },
  closed: { "/health": page('{"error":"forbidden"}', "application/json", 403), "/": page('{"ok":true}') },
};

const folder = mkdtempSync(join(tmpdir(), "assay-init-"));
const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
const urls: Record<string, string> = {};
beforeAll(() => {
  for (const [name, answers] of Object.entries(SERVICES)) {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => (answers[new URL(request.url).pathname] ?? answers["*"] ?? nowhere)(),
    );
    servers.push(server);
    urls[name] = `http://127.0.0.1:${server.addr.port}`;
  }
});
async function init(...args: string[]) {
  const child = spawn("../../scripts/cli/assay.ts", ["init", ...args]);
  const { code } = await child.ended;
  return { code, stdout: child.out.join("\n"), stderr: child.err.join("\n") };
}

afterAll(async () => {
  await Promise.all(servers.map((server) => server.shutdown()));
  rmSync(folder, { recursive: true });
});

test.each<[service: string, report: object | undefined, expect: string[]]>([
  ["spring", { path: "/actuator/health" }, ["status == 200", "has(body.name)", "has(body.items)"]],
  ["kubernetes", { path: "/readyz" }, ["status == 200", "text.contains('My Shop')"]],
  ["catchAll", undefined, ["status == 200", "text.contains('App')"]],
  ["empty", undefined, ["status == 200"]],
  ["silent", undefined, ["status == 200", "size(text) > 0"]],
  ["closed", undefined, ["status == 200", "has(body.ok)"]],
])("a config for a service that is %s passes at once", async (service, report, expected) => {
  const file = join(folder, `${service}.yaml`);
  const { code, stdout } = await init(urls[service]!, "-o", file, "--allow-private");
  expect(code).toBe(0);
  expect(stdout).toContain("ready");
  const [check] = parse(readFileSync(file, "utf8")).targets[0].checks;
  expect([check.report, check.journey[0].expect]).toEqual([report, expected]);
});

test("a file that is there stays as it is, and a private address needs to be allowed", async () => {
  const file = join(folder, "spring.yaml");
  const before = readFileSync(file, "utf8");
  expect((await init(urls.spring!, "-o", file, "--allow-private")).code).toBe(3);
  expect(readFileSync(file, "utf8")).toBe(before);
  const { code, stderr } = await init(urls.spring!, "-o", join(folder, "new.yaml"));
  expect(code).toBe(3);
  expect(stderr).toContain("--allow-private");
});

test("a service that cannot be reached gets no config", async () => {
  const gone = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
  const url = `http://127.0.0.1:${gone.addr.port}`;
  await gone.shutdown();
  const file = join(folder, "gone.yaml");
  const { code, stderr } = await init(url, "-o", file, "--allow-private");
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(`^Cannot reach ${url}: .*ECONNREFUSED.*nothing was written`),
  ]);
  expect(existsSync(file)).toBe(false);
});
