import { Command, Option } from "commander";
import { clock } from "../../functions/clock.ts";
import { connector } from "../../functions/deno/client/mod.ts";
import { STATE_HEADER } from "../../src/web/api/views/dialect_response.ts";
import { describe } from "../../src/config/problem.ts";
import { exchange, type HttpRequest, USER_AGENT } from "../../src/base/http/client.ts";
import { isServing } from "../../src/evidence/report/merge.ts";
import { textOf, tryParseJson } from "../../src/evidence/report/json.ts";
import type { ReportState } from "../../src/evidence/report/report.ts";
import { datagram, notify } from "./push/notify_socket.ts";
import { fail, USAGE } from "./terminal.ts";
import { isRecord } from "../../src/base/json.ts";

/** Shorter than the probe timeouts of Docker (30 s), Consul and Nagios (10 s). */
const TIMEOUT_MS = 5_000;
/** Assay's own responses are smaller. */
const MAX_BYTES = 4_096;

/** Assay's verdict, or `unknown` with the reason. */
interface HealthAnswer {
  state: ReportState;
  reason?: string;
}

/** How a platform reads an exec probe: an exit code and a line of output. */
interface Platform {
  /** Exit code per state; `else` covers the rest. */
  codes: Partial<Record<ReportState, number>> & { else: number };
  line(target: string, answer: HealthAnswer): string;
}

const formatLine = (target: string, { state, reason }: HealthAnswer) =>
  [`${target} ${state}`, ...reason ? [reason] : []].join(": ");

const NAGIOS: readonly string[] = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

/**
 * Exit codes from each platform's manual. Docker and Kubernetes use 0 and 1, and Docker reserves 2; 3 is
 * UNKNOWN in Nagios.
 */
const PLATFORMS: Record<string, Platform> = {
  docker: { codes: { ready: 0, degraded: 0, else: 1 }, line: formatLine },
  k8s: { codes: { ready: 0, degraded: 0, else: 1 }, line: formatLine },
  consul: { codes: { ready: 0, degraded: 1, else: 2 }, line: formatLine },
  nagios: {
    codes: { ready: 0, degraded: 1, unknown: 3, else: 2 },
    // Nagios reads text after a bar as performance data.
    line: (target, answer) =>
      `ASSAY ${NAGIOS[codeOf(PLATFORMS.nagios!, answer)]} - ${
        formatLine(target, answer).replaceAll("|", "/")
      }`,
  },
  systemd: { codes: { ready: 0, degraded: 0, else: 1 }, line: formatLine },
};

const codeOf = ({ codes }: Platform, { state }: HealthAnswer) => codes[state] ?? codes.else;

interface Options {
  check?: string;
  as: string;
  url: string;
  tokenEnv?: string;
}

/**
 * `assay health <target>`: reports the verdict of a running Assay as an exec probe, with the platform's exit
 * code and one line.
 */
export const healthCommand = new Command("health")
  .description(
    "Ask a running Assay for a verdict, as an exec probe. Exit for docker, k8s and systemd 0 serving, 1 not; consul 0, 1 degraded, 2; " +
      "nagios 0, 1 degraded, 2, 3 unknown; 3 usage. For systemd it also sends READY=1 or STATUS= to $NOTIFY_SOCKET.",
  )
  .argument("<target>", "the id of the target")
  .option("--check <id>", "only this check")
  .addOption(
    new Option("--as <platform>", "the platform that runs the probe").choices(Object.keys(PLATFORMS))
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--url <url>", "the URL of Assay").env("ASSAY_URL").default("http://127.0.0.1:8080"),
  )
  .option("--token-env <name>", "the environment variable with a token of scope read, to show the reason")
  .action(async (target: string, options: Options) => {
    const platform = PLATFORMS[options.as]!;
    const socket = options.as === "systemd" ? Deno.env.get("NOTIFY_SOCKET") : undefined;
    if (options.as === "systemd" && !socket) fail(USAGE, "NOTIFY_SOCKET is not set: is this run by systemd?");
    const answer = await askAssay(requestOf(target, options));
    const line = platform.line(target, answer).replace(/\s+/g, " ").slice(0, 300);
    console.log(line);
    if (socket) {
      const text = datagram({ ready: isServing(answer.state), status: line });
      await notify(socket, text).catch((error) => fail(1, error.message));
    }
    Deno.exit(codeOf(platform, answer));
  });

function requestOf(target: string, { check, url, tokenEnv }: Options): HttpRequest {
  const path = `/v1/targets/${encodeURIComponent(target)}/health`;
  if (!/^https?:/.test(url) || !URL.canParse(path, url)) fail(USAGE, `Not a URL: ${describe(url, [])}`);
  const address = new URL(path, url);
  address.searchParams.set("as", "health+json");
  if (check !== undefined) address.searchParams.set("check", check);
  const token = tokenEnv === undefined ? undefined : Deno.env.get(tokenEnv);
  if (tokenEnv !== undefined && !token) fail(USAGE, `${tokenEnv} is not set`);
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return { url: address, method: "GET", headers: { "user-agent": USER_AGENT, ...authorization } };
}

/**
 * Returns `unknown` if Assay cannot be reached or something else answers: neither is evidence about the
 * service.
 */
async function askAssay(request: HttpRequest): Promise<HealthAnswer> {
  const fetch = connector({ allowPrivate: true });
  const answer = await exchange({ clock, fetch }, request, { deadlineMs: TIMEOUT_MS, capBytes: MAX_BYTES });
  if (answer.kind === "failure") {
    return { state: "unknown", reason: `Cannot reach Assay: ${answer.reason}, ${answer.detail}` };
  }
  const { output, detail } = fieldsOf(new TextDecoder().decode(answer.bytes));
  const state = answer.headers.get(STATE_HEADER);
  if (isState(state)) return { state, reason: output };
  return { state: "unknown", reason: `Assay answered ${answer.status}${detail ? `: ${detail}` : ""}` };
}

/** `output` of health+json, and `detail` of a problem document. */
function fieldsOf(text: string): { output?: string; detail?: string } {
  const json = tryParseJson(text);
  return isRecord(json) ? { output: textOf(json.output), detail: textOf(json.detail) } : {};
}

const STATES: ReadonlySet<string> = new Set<ReportState>(
  ["ready", "degraded", "starting", "draining", "not_ready", "unknown"],
);

const isState = (word: string | null): word is ReportState => word !== null && STATES.has(word);
