import { Command } from "commander";
import { denoPorts } from "../../functions/deno/ports.ts";
import { bodyText } from "../../src/base/http/body_text.ts";
import { exchange, USER_AGENT } from "../../src/base/http/client.ts";
import { plainCause, targetUrl } from "./target_url.ts";
import type { Ports } from "../../src/base/ports.ts";
import { isRecord } from "../../src/base/json.ts";
import { ask, DIALECTS, type Report } from "../../src/evidence/report/mod.ts";
import { celText } from "./import/draft.ts";
import { runCommand } from "./run.ts";
import { DEFAULT_FILE, fail, USAGE } from "./terminal.ts";

/** Common health paths, the most specific first. */
const PATHS = [
  "/readyz",
  "/health/ready",
  "/actuator/health/readiness",
  "/actuator/health",
  "/-/ready",
  "/q/health/ready",
  "/healthz",
  "/health",
  "/ready",
  "/api/health",
  "/up",
  "/status",
];
/** A path that should not exist; detects services that answer every path alike. */
const NOWHERE = "/assay-init-no-such-page";

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 256 * 1024;

interface InitOptions {
  output: string;
  allowPrivate?: boolean;
  run: boolean;
}

/**
 * `assay init <url>`: finds the health endpoint, writes a config, and runs it once. Exits as `run`; 3 usage.
 */
export const initCommand = new Command("init")
  .description("Find a service's health endpoint, write a config with a first journey, and run it once.")
  .argument("<url>", "a page or an API of the service")
  .option("-o, --output <file>", "the file to write; it must not exist", DEFAULT_FILE)
  .option("--allow-private", "allow private and loopback addresses, also in the config")
  .option("--no-run", "do not run the config")
  .action(async (address: string, { output, allowPrivate = false, run }: InitOptions) => {
    const url = targetUrl(/^https?:\/\//.test(address) ? address : `https://${address}`, allowPrivate);
    const ports = denoPorts("", { allowPrivate });
    const found = await findReport(ports, url.origin);
    if (found.unreachable) {
      fail(
        USAGE,
        `Cannot reach ${url.origin}: ${plainCause(found.unreachable)}. Check the URL; nothing was written`,
      );
    }
    for (const line of found.lines) console.error(line);
    const text = configOf(url, {
      allowPrivate,
      path: found.path,
      expect: await firstExpectations(ports, url),
    });
    await Deno.writeTextFile(output, text, { createNew: true }).catch((error) =>
      fail(USAGE, `Cannot write ${output}: ${error.message}`)
    );
    console.error(
      `wrote ${output}: it only proves that ${url.pathname} answers. Make its journey a real use of the service`,
    );
    if (run) await runCommand.parseAsync([output], { from: "user" });
  });

/**
 * Probes the usual paths. Returns the one with the best claim, a line for each, and in `unreachable` why none
 * answered.
 */
async function findReport(
  ports: Ports,
  origin: string,
): Promise<{ path?: string; lines: string[]; unreachable?: string }> {
  const read = async (path: string) => ({ path, report: await readOne(ports, origin + path) });
  const nowhere = (await read(NOWHERE)).report;
  const all = await Promise.all(PATHS.map(read));
  if ([nowhere, ...all.map(({ report }) => report)].every(({ httpStatus }) => httpStatus === undefined)) {
    return { lines: [], unreachable: nowhere.reason ?? "no answer" };
  }
  const readable = all.filter(({ report }) => isClaim(report) && !isSame(report, nowhere));
  const [best] = readable.toSorted((a, b) => rank(a.report) - rank(b.report));
  const width = Math.max(...PATHS.map((path) => path.length));
  const lines = all.map(({ path, report: { state, dialect, question, httpStatus, reason } }) => {
    const status = httpStatus === undefined ? reason ?? "no answer" : `HTTP ${httpStatus}`;
    const claim = readable.some((one) => one.path === path)
      ? `${state} (${dialect}, asked about ${question})`
      : "no claim";
    return `${path === best?.path ? "*" : " "} ${path.padEnd(width)}  ${status}: ${claim}`;
  });
  return { path: best?.path, lines };
}

const readOne = (ports: Ports, url: string) =>
  ask(ports, {
    url: new URL(url),
    headers: { "user-agent": USER_AGENT },
    dialect: "auto",
    timeoutMs: TIMEOUT_MS,
  }, DIALECTS);

/** Whether a report is a readiness claim. Redirects, missing and forbidden pages are not. */
const isClaim = ({ state, httpStatus = 0, question }: Report) =>
  !["unreachable", "unreadable", "unknown"].includes(state) && question !== "liveness" &&
  ![401, 403, 404, 405, 410].includes(httpStatus) && (httpStatus < 300 || httpStatus >= 400);

const isSame = (one: Report, other: Report) =>
  isClaim(other) && one.dialect === other.dialect && one.state === other.state &&
  one.httpStatus === other.httpStatus;

/** Prefers recognised dialects to a mere status code. */
const rank = ({ dialect }: Report) => dialect === "http" || dialect === "k8s-http" ? 1 : 0;

/** Expectations that the current response of `url` meets. */
async function firstExpectations(ports: Ports, url: URL): Promise<string[]> {
  const answer = await exchange(ports, { url, method: "GET", headers: { "user-agent": USER_AGENT } }, {
    deadlineMs: TIMEOUT_MS,
    capBytes: MOST_BYTES,
  });
  if (answer.kind === "failure") return ["status == 200", "size(text) > 0"];
  // Never expect a failure, even if the service fails now.
  if (answer.status >= 500) return ["status < 400", "size(text) > 0"];
  const { text } = bodyText(answer.bytes, answer.headers.get("content-type"));
  return [
    answer.status >= 300 && answer.status < 400 ? "status < 400" : `status == ${answer.status}`,
    ...inBody(text),
  ];
}

/** Expectations for the body. An empty body gets none, because it can be normal, as at a registry. */
function inBody(text: string): string[] {
  if (text === "") return [];
  const json = parsed(text);
  if (isRecord(json)) {
    const keys = Object.keys(json).filter((key) => /^[A-Za-z_]\w*$/.test(key)).slice(0, 3);
    if (keys.length > 0) return keys.map((key) => `has(body.${key})`);
  }
  if (Array.isArray(json)) return [json.length > 0 ? "size(body) > 0" : "type(body) == list"];
  const title = /<title[^>]*>\s*([^<]{3,80}?)\s*</i.exec(text)?.[1];
  return [title ? `text.contains(${celText(title)})` : "size(text) > 0"];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ConfigParts {
  allowPrivate: boolean;
  path?: string;
  expect: string[];
}

function configOf(
  { origin, pathname, search, hostname }: URL,
  { allowPrivate, path, expect }: ConfigParts,
): string {
  const id = hostname.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63) ||
    "service";
  const text = (value: string) => JSON.stringify(value);
  return [
    "# Written by assay init. `assay check` validates it, `assay run` runs it once, `assay start` runs it on schedule.",
    "version: 1",
    ...allowPrivate ? ["allowPrivate: true"] : [],
    "# Known-good URLs. If these fail too, Assay blames its own network, not the target:",
    "# controls: [https://example.com/]",
    "targets:",
    `  - id: ${id}`,
    `    url: ${text(origin)}`,
    "    checks:",
    "      - id: default",
    "        every: 1m",
    ...path
      ? ["        # What the service reports about itself.", `        report: { path: ${text(path)} }`]
      : [
        "        # No health endpoint was found. Set its path to compare what the service reports with what it does.",
        "        # report: { path: /readyz }",
      ],
    "        # What it does. Make this a real use: create something, read it back, and delete it under cleanup.",
    "        journey:",
    `          - request: { path: ${text(pathname + search)} }`,
    "            expect:",
    ...expect.map((one) => `              - ${text(one)}`),
    "# Where to send notices:",
    '# webhooks: [{ id: oncall, url: "${env:ONCALL_URL}", secret: "${env:ONCALL_SECRET}" }]',
    "",
  ].join("\n");
}
