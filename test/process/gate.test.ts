import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { api } from "../../src/web/app.ts";
import { type ApiFixture, apiFixture, TOKEN } from "../web/api/api_fixture.ts";
import { spawn } from "./child.ts";
import { testWith } from "../world/tool.ts";

const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };

let shop: ApiFixture;
let server: Deno.HttpServer<Deno.NetAddr>;
let url: string;
/** Resolves with each request that is answered. */
let heard = Promise.withResolvers<void>();
beforeAll(async () => {
  shop = await apiFixture();
  const app = api(shop);
  server = Deno.serve(loopback, async (request) => {
    const answer = await app.fetch(request);
    heard.resolve();
    return answer;
  });
  url = `http://127.0.0.1:${server.addr.port}`;
});
afterAll(() => server.shutdown());

const play = async (word: Parameters<ApiFixture["script"]["set"]>[0], minutes = 3) => {
  shop.script.set(word);
  await shop.runMinutes(minutes);
};

/** Runs to the end; `code` and what was printed. */
async function ran(command: string, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: { ASSAY_TOKEN: TOKEN, ASSAY_EVERY: "0", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

const cli = (...args: string[]) =>
  spawn("../../scripts/cli/assay.ts", ["gate", "shop", "--url", url, ...args], { ASSAY_TOKEN: TOKEN });
const ended = async (child: ReturnType<typeof spawn>) => ({
  code: (await child.ended).code,
  out: child.out,
  err: child.err,
});

describe("assay gate", () => {
  test.each([["ready", 0, "pass"], ["drift", 1, "fail"], ["underclaim", 2, "inconclusive"]] as const)(
    "of a service that is %s exits %i",
    async (word, code, decision) => {
      await play(word);
      const end = await ended(cli());
      expect([end.code, end.out.at(-1)]).toEqual([
        code,
        expect.stringMatching(new RegExp(`^${decision}: read: `)),
      ]);
    },
  );

  test("waits until the gate has decided, and says meanwhile why it waits", async () => {
    await play("ready");
    const child = cli("--wait", "60s", "--every", "50ms", "--since", "0s");
    await child.line("err", (line) => /^\d+s inconclusive: read: no settled run since /.test(line));
    await shop.runMinutes(2);
    expect(await ended(child)).toMatchObject({ code: 0, out: [expect.stringMatching(/^pass: /)] });
  });

  test("stops waiting at a failure", async () => {
    await play("ready");
    const child = cli("--wait", "60s", "--every", "50ms", "--since", "0s");
    await child.line("err", (line) => line.includes("inconclusive"));
    await play("down", 2);
    expect((await ended(child)).code).toBe(1);
  });

  test("is inconclusive when the time is over", async () => {
    await play("underclaim");
    const end = await ended(cli("--wait", "1s", "--every", "100ms", "--json"));
    expect([end.code, JSON.parse(end.out.join("\n")).decision]).toEqual([2, "inconclusive"]);
  });

  test("hands its options on", async () => {
    await play("ready", 6);
    const end = await ended(
      cli("--json", "--min-runs", "5", "--check", "read", "--anchor", "never-seen", "--regions", "eu,us"),
    );
    expect(end.code).toBe(2);
    expect(JSON.parse(end.out.join("\n"))).toMatchObject({
      anchor: "never-seen",
      window: { minRuns: 5 },
      observed: { journey: "read" },
    });
  });

  test.each<[string, string[], string]>([
    ["a check that is not there", ["--check", "buy"], "404"],
    ["a duration that is none", ["--wait", "soon"], "duration"],
    ["a duration without a unit", ["--wait", "10"], "Did you mean 10m?"],
    ["a token that is not set", ["--token-env", "NOT_SET"], "$NOT_SET"],
    ["a region that is not there", ["--regions", "mars"], "400"],
  ])("%s is wrong use: exit 3", async (_, args, said) => {
    const end = await ended(cli(...args));
    expect(end.code).toBe(3);
    expect(end.err.join("\n")).toContain(said);
    expect([...end.out, ...end.err].join("\n")).not.toContain(TOKEN);
  });

  test("nobody there is inconclusive, and no pass", async () => {
    const gone = Deno.serve(loopback, () => new Response());
    await gone.shutdown();
    const end = await ended(
      spawn(
        "../../scripts/cli/assay.ts",
        ["gate", "shop", "--url", `http://127.0.0.1:${gone.addr.port}`],
        {},
      ),
    );
    expect([end.code, end.err.join("")]).toEqual([2, expect.stringContaining("no answer")]);
  });
});

describe("shell and curl", () => {
  const withCurl = testWith("curl", "apt-get install curl");
  const WORDS = [["ready", 0, 0, 0], ["drift", 22, 1, 1], ["underclaim", 22, 2, 2]] as const;

  for (const [word, curl, wait, action] of WORDS) {
    withCurl(
      `of a service that is ${word}: curl.sh exits ${curl}, wait.sh ${wait}, the action ${action}`,
      async () => {
        await play(word, 6);
        const asked = await ran("sh", ["examples/gates/curl.sh"], { ASSAY_URL: url });
        expect(asked.code).toBe(curl);
        expect(asked.out).toContain('"reason":"read: ');
        expect((await ran("sh", ["examples/gates/wait.sh", url, "shop", "0"])).code).toBe(wait);
        const env = { ASSAY_URL: url, TARGET: "shop", SECONDS_TO_WAIT: "0" };
        expect((await ran("sh", [".github/actions/gate/gate.sh"], env)).code).toBe(action);
      },
    );
  }

  withCurl("wrong use exits 3, and says no token", async () => {
    const env = { ASSAY_TOKEN: "tok-of-nobody", ASSAY_URL: url, TARGET: "shop" };
    for (const args of [["examples/gates/wait.sh", url, "nowhere", "5"], [".github/actions/gate/gate.sh"]]) {
      const { code, out, err } = await ran("sh", args, env);
      expect(code).toBe(3);
      expect(out + err).not.toContain("tok-of");
    }
  });

  withCurl("nothing but a gate that passes is a pass, whatever says 200", async () => {
    const seen: string[] = [];
    const web = Deno.serve(loopback, ({ method, url }) => {
      seen.push(`${method} ${new URL(url).search}`);
      return method === "POST" ? Response.json({ at: "2026-01-01T00:00:00.000Z" }) : new Response("<html>");
    });
    const other = `http://127.0.0.1:${web.addr.port}`;
    const action = (env: Record<string, string>) =>
      ran("sh", [".github/actions/gate/gate.sh"], { TARGET: "shop", SECONDS_TO_WAIT: "0", ...env });
    expect((await action({ ASSAY_URL: other, RECORD: "1.4.2", QUERY: "minRuns=3" })).code).toBe(2);
    // Evidence counts from what was recorded, whichever process of Assay is asked.
    expect(seen).toEqual(["POST ", "GET ?since=2026-01-01T00:00:00.000Z&minRuns=3"]);
    expect((await ran("sh", ["examples/gates/wait.sh", other, "shop", "0"])).code).toBe(2);
    await web.shutdown();
    await play("drift", 6);
    expect((await action({ ASSAY_URL: url, QUERY: "mode=body" })).code).toBe(2);
  });

  withCurl("the action records the deployment, and waits for evidence of it", async () => {
    await play("ready");
    heard = Promise.withResolvers();
    const env = { ASSAY_URL: url, TARGET: "shop", RECORD: "1.4.2", SECONDS_TO_WAIT: "60", ASSAY_EVERY: "1" };
    const running = ran("sh", [".github/actions/gate/gate.sh"], env);
    await heard.promise;
    await shop.runMinutes(3);
    const { code, out } = await running;
    expect([code, out]).toEqual([0, expect.stringContaining('200 {"gateOk":true')]);
    expect((await shop.call("/v1/deployments?target=shop")).body.deployments[0].version).toBe("1.4.2");
  });
});

describe("the examples", () => {
  const FOLDER = "examples/gates";
  const texts = Object.fromEntries(
    readdirSync(FOLDER).map((file) => [file, readFileSync(`${FOLDER}/${file}`, "utf8")]),
  );
  texts["action.yml"] = readFileSync(".github/actions/gate/action.yml", "utf8");

  test.each(Object.keys(texts).filter((file) => /\.ya?ml$/.test(file)))("%s is YAML", (file) => {
    const faults = parseAllDocuments(texts[file]!).flatMap((document) =>
      "errors" in document ? document.errors : []
    );
    expect(faults).toEqual([]);
  });

  /** Every path of Assay's API that stands in an example, with its placeholders filled in. */
  const PATHS = Object.entries(texts).flatMap(([file, text]) =>
    [...text.matchAll(/\/v1\/(?:\{\{[^}]*\}\}|[^\s"'\\,}])*/g)].map(([path]) => {
      const filled = path.replace("{{args.target}}", "shop").replace(/\{\{.*?\}\}/g, "85d557f47b")
        .replace("TOKEN", TOKEN).replace(/\$(\{?TARGET\}?|target)/, "shop").replace(/\?\$.*$/, "");
      return [file, filled] as const;
    })
  );

  test.each(PATHS)("%s: %s answers", async (_, path) => {
    await play("ready", 6);
    const posted = /\/(events|deployments)/.test(path);
    const { status, body } = await shop.call(path, {
      method: posted ? "POST" : "GET",
      body: posted ? "{}" : undefined,
    });
    // An empty deployment or event is refused by the route that it was meant for.
    if (posted) expect([status, body.detail]).toEqual([400, "The body is not valid"]);
    else expect([200, 409, 424]).toContain(status);
  });

  test("there are paths in all of them that speak HTTP", () => {
    const files = new Set(PATHS.map(([file]) => file));
    expect([...files].sort()).toEqual([
      "argo-notifications.yaml",
      "argo-rollouts.yaml",
      "curl.sh",
      "flagger.yaml",
      "gitlab-ci.yml",
      "haproxy.cfg",
      "route53.sh",
      "wait.sh",
    ]);
  });

  test("the template for Argo CD makes what its hook reads", async () => {
    const { data } = parse(texts["argo-notifications.yaml"]!);
    const { webhook } = parse(data["template.assay-deployment"]);
    const values: [RegExp, string][] = [
      [/\{\{index [^}]*\}\}/, "shop"],
      [/\{\{\.app\.metadata\.name\}\}/, "shop-prod"],
      [/\{\{\.app\.status\.sync\.revision\}\}/, "0f3c9d1"],
      [/\{\{\.app\.status\.operationState\.phase\}\}/, "Succeeded"],
      [/\{\{\.app\.status\.operationState\.finishedAt\}\}/, "2023-11-14T22:13:00Z"],
    ];
    const body = values.reduce((text, [from, to]) => text.replace(from, to), webhook.assay.body as string);
    const { status, body: told } = await shop.call(webhook.assay.path, {
      method: webhook.assay.method,
      body,
    });
    expect([status, told.recorded]).toEqual([200, true]);
  });
});
