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

/** Below the time-outs that Docker (30 s), Consul and Nagios (10 s) give a probe. */
const TIMEOUT_MS = 5_000;
/** Assay's own answers are shorter. */
const MAX_BYTES = 4_096;

/** Assay's verdict, or `unknown` and the reason. */
interface HealthAnswer {
  state: ReportState;
  reason?: string;
}

/** How one platform reads an exec probe: an exit code and, where it shows one, a line. */
interface Platform {
  /** The exit code of each state; every other has the code of `else`. */
  codes: Partial<Record<ReportState, number>> & { else: number };
  line(target: string, heard: HealthAnswer): string;
}

const formatLine = (target: string, { state, reason }: HealthAnswer) =>
  [`${target} ${state}`, ...reason ? [reason] : []].join(": ");

const NAGIOS: readonly string[] = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

/** Exit codes as each platform's manual has them: docker and k8s know two; 2 is reserved in docker, and 3 is UNKNOWN in Nagios. */
const PLATFORMS: Record<string, Platform> = {
  docker: { codes: { ready: 0, degraded: 0, else: 1 }, line: formatLine },
  k8s: { codes: { ready: 0, degraded: 0, else: 1 }, line: formatLine },
  consul: { codes: { ready: 0, degraded: 1, else: 2 }, line: formatLine },
  nagios: {
    codes: { ready: 0, degraded: 1, unknown: 3, else: 2 },
    // What follows a bar is performance data.
    line: (target, heard) =>
      `ASSAY ${NAGIOS[codeOf(PLATFORMS.nagios!, heard)]} - ${formatLine(target, heard).replaceAll("|", "/")}`,
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

/** `assay health <target>`: the verdict of a running Assay, in the exit code and line of a platform's exec probe. */
export const healthCommand = new Command("health")
  .description(
    "Ask a running Assay for its verdict, as an exec probe. Exit docker, k8s 0 serves, 1 not; consul 0, 1 degraded, 2; nagios 0, 1 " +
      "degraded, 2, 3 unknown; systemd also sends READY=1 or STATUS= to $NOTIFY_SOCKET. Usage 3.",
  )
  .argument("<target>", "the id of the target")
  .option("--check <id>", "only this check of it")
  .addOption(
    new Option("--as <platform>", "whose probe this is").choices(Object.keys(PLATFORMS))
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--url <url>", "where Assay answers").env("ASSAY_URL").default("http://127.0.0.1:8080"),
  )
  .option("--token-env <name>", "the variable with a token of scope read, for the reason")
  .action(async (target: string, options: Options) => {
    const platform = PLATFORMS[options.as]!;
    const socket = options.as === "systemd" ? Deno.env.get("NOTIFY_SOCKET") : undefined;
    if (options.as === "systemd" && !socket) fail(USAGE, "NOTIFY_SOCKET is not set: is this run by systemd?");
    const heard = await askAssay(requestOf(target, options));
    const line = platform.line(target, heard).replace(/\s+/g, " ").slice(0, 300);
    console.log(line);
    if (socket) {
      const text = datagram({ ready: isServing(heard.state), status: line });
      await notify(socket, text).catch((error) => fail(1, error.message));
    }
    Deno.exit(codeOf(platform, heard));
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

/** What cannot be asked, or does not come from Assay, is `unknown`: never a word about the service, and never green. */
async function askAssay(request: HttpRequest): Promise<HealthAnswer> {
  const fetch = connector({ allowPrivate: true });
  const answer = await exchange({ clock, fetch }, request, { deadlineMs: TIMEOUT_MS, capBytes: MAX_BYTES });
  if (answer.kind === "failure") {
    return { state: "unknown", reason: `Assay cannot be asked: ${answer.reason}, ${answer.detail}` };
  }
  const { output, detail } = fieldsOf(new TextDecoder().decode(answer.bytes));
  const state = answer.headers.get(STATE_HEADER);
  if (isState(state)) return { state, reason: output };
  return { state: "unknown", reason: `Assay answered ${answer.status}${detail ? `: ${detail}` : ""}` };
}

/** The reason in health+json, and that of a problem document. */
function fieldsOf(text: string): { output?: string; detail?: string } {
  const json = tryParseJson(text);
  return isRecord(json) ? { output: textOf(json.output), detail: textOf(json.detail) } : {};
}

const STATES: ReadonlySet<string> = new Set<ReportState>(
  ["ready", "degraded", "starting", "draining", "not_ready", "unknown"],
);

const isState = (word: string | null): word is ReportState => word !== null && STATES.has(word);
