/** Every command of README and docs that can run here is run as it is written, against servers of this machine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { type Shop, shop } from "../../scripts/demo/shop.ts";
import { API_TOKEN, serveApi, type ServedApi } from "./served_api.ts";
import { type Block, blocksOf, FILES } from "./markdown.ts";
import { type CommandResult, runCommands } from "./shell.ts";
import { testWith } from "../world/tool.ts";

/** Commands that cannot run here, with the reason for each, or the test that runs them. */
const NOT_RUN: [RegExp, reason: string][] = [
  [/deno@[\d.]+ task demo/, "test/process/demo.test.ts plays it to its end"],
  [/deno@[\d.]+ task (test|ok)/, "it runs this test"],
  [/^deno task start/, "it has no end: test/process/start.test.ts"],
  [
    /^(deno task release|npm |npx assay|deno (install|compile) )/,
    "test/process/npm_package.test.ts packs, installs and runs it",
  ],
  [
    /npx openapi-typescript/,
    "it is fetched from npm: test/web/api/openapi generates types from the same document",
  ],
  [
    /^(alias push=|push --|export ASSAY_PUSH_TOKEN)/,
    "it has no end, or needs systemd or Docker: test/process/push*.test.ts",
  ],
  [/^promtool /, "test/web/api/views/exposition.test.ts has promtool check the same text"],
];
/** Blocks of which no command runs here. */
const BLOCKS_NOT_RUN: [RegExp, reason: string][] = [
  [/npm:wrangler|^wrangler\(\)/, "it needs an account of Cloudflare"],
  [/deno task dev:worker/, "test/process/dev_worker.test.ts plays it in workerd"],
];

/** Answers beside 2xx that the state of the example may call for. */
const EXPECTED: [url: RegExp, status: number][] = [
  // Since the deployment of a line before it nothing was settled.
  [/\/v1\/gates\/shop\b/, 424],
  [/\/v1\/deliveries\/ID\/resend$/, 409],
  [/\/health\?as=spring$/, 503],
  // Nothing settles while the commands run.
  [/\/readyz$/, 503],
];

const reasonNotToRun = (text: string, table: typeof NOT_RUN) =>
  table.find(([pattern]) => pattern.test(text))?.[1];

/** The commands of a block, a line each; a comment at the end of a line is none. */
const commandsOf = ({ file, line, text }: Block) =>
  text.replace(/\\\n\s*/g, " ").split("\n")
    .map((command, i) => ({ at: `${file}:${line + i}`, text: command.replace(/(^|\s)#.*$/, "").trim() }))
    .filter(({ text }) => text);

const BLOCKS = FILES.flatMap(blocksOf).filter(({ language }) => language === "sh");
const skipped = BLOCKS.flatMap((block) => {
  const whole = reasonNotToRun(block.text, BLOCKS_NOT_RUN);
  return commandsOf(block).flatMap(({ at, text }) => {
    const reason = whole ?? reasonNotToRun(text, NOT_RUN);
    return reason ? [{ at, reason }] : [];
  });
});
const runnable = new Map(
  FILES.map((file) =>
    [
      file,
      BLOCKS.filter((block) => block.file === file).flatMap(commandsOf)
        .filter(({ at }) => !skipped.some((one) => one.at === at)),
    ] as const
  ).filter(([, commands]) => commands.length > 0),
);

let folder: string;
let service: Shop;
let served: ServedApi;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assay-docs-"));
  service = shop();
  served = await serveApi();
  writeFileSync(join(folder, "assay.yaml"), localConfig(yamlOf("README.md")));
  writeFileSync(
    join(folder, "config.yaml"),
    "endpoints: [{ name: shop, url: https://shop.example, conditions: ['[STATUS] == 200'] }]",
  );
  writeFileSync(join(folder, "blackbox.yml"), "modules: { http_2xx: { prober: http } }");
  writeFileSync(
    join(folder, "prometheus.yml"),
    "scrape_configs: [{ job_name: b, metrics_path: /probe, params: { module: [http_2xx] }, static_configs: [{ targets: ['https://shop.example'] }] }]",
  );
});
afterAll(async () => {
  await Promise.all([service.close(), served.close()]);
  rmSync(folder, { recursive: true });
  const count = [...runnable.values()].flat().length;
  console.log(`commands of README and docs: ${count} run, ${skipped.length} not`);
  for (const reason of new Set(skipped.map(({ reason }) => reason))) {
    console.log(
      `  ${skipped.filter((one) => one.reason === reason).map(({ at }) => at).join(", ")}: ${reason}`,
    );
  }
});

/** The first whole config of a file. */
const yamlOf = (file: string) => blocksOf(file).find(({ text }) => /^version: 1$/m.test(text))!.text;

/** A config of the docs with the demo's shop as its target, on this machine. */
const localConfig = (text: string) =>
  text.replaceAll("https://shop.example", service.url)
    .replace(/^controls: .*$/m, `controls: [${service.url}/readyz]\nallowPrivate: true`);

let imported = 0;
/** Names of examples stand for servers of this machine; those of this machine may be asked only with leave. */
const localized = (text: string) =>
  text.replace(/https:\/\/shop\.example\/[\w/]+/, `${service.url}/readyz --allow-private`)
    .replaceAll("http://10.0.0.7:8080", service.url)
    .replace(/https:\/\/assay\.example|http:\/\/127\.0\.0\.1:PORT|http:\/\/localhost:8080/g, served.url)
    .replace("assay_...", API_TOKEN)
    // Server-sent events have no end.
    .replace("-m 5", "-m 1")
    // What exists is not written over.
    .replace("-o assay.yaml", () => `-o imported-${++imported}.yaml`);

const isExpected = ({ status, url }: { status: number; url: string }) =>
  (status >= 200 && status < 300) ||
  EXPECTED.some(([pattern, other]) => pattern.test(url) && status === other);

/** Of a command with curl the answers count: an event stream ends by its time limit, and `-f` fails by the gate. */
const isWell = ({ text, code, answers }: CommandResult) =>
  /\bcurl\b/.test(text) ? answers.length > 0 && answers.every(isExpected) : code === 0;

for (const [file, commands] of runnable) {
  testWith("jq", "apt-get install -y jq")(`${file}: ${commands.length}`, async () => {
    const results = await runCommands(commands.map(({ at, text }) => ({ at, text: localized(text) })), {
      folder,
      env: {
        ASSAY_TOKEN: API_TOKEN,
        UNIT_TOKEN: API_TOKEN,
        ONCALL_URL: "https://oncall.example/hook",
        ONCALL_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      },
    });
    expect(results.filter((result) => !isWell(result))).toEqual([]);
  }, 300_000);
}
