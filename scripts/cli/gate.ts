import { Command, Option } from "commander";
import { durationFrom } from "./duration_option.ts";
import { describe } from "../../src/config/problem.ts";
import { fail, printResult, USAGE } from "./terminal.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

/** Exit code of each decision. */
const EXIT = { pass: 0, fail: 1, inconclusive: 2 } as const;
const ASK_MS = 10_000;
/** An unchanged progress line is repeated after this. */
const REPEAT_MS = MINUTE_MS;

interface Options {
  url: string;
  tokenEnv: string;
  wait: number;
  every: number;
  check?: string;
  anchor?: string;
  since?: string;
  release?: string;
  minRuns?: string;
  maxAge?: string;
  regions?: string;
  degraded?: string;
  maxBurnRate?: string;
  json?: boolean;
}

/** The parts of a gate document that this command reads. */
interface Answer {
  decision: keyof typeof EXIT;
  reason: string;
  /** URL of the incident or target; null without a `publicUrl`. */
  page: string | null;
  window: { since: string };
}

/** `assay gate <target>`: asks a running Assay's gate, repeatedly with `--wait`. */
export const gateCommand = new Command("gate")
  .description("Ask a gate for its decision. Exit 0 pass, 1 fail, 2 inconclusive or no answer, 3 usage.")
  .argument("<target>", "the id of the target")
  .addOption(
    new Option("--wait <duration>", "keep asking for this long while it is inconclusive")
      .argParser(durationFrom("0ms", "10m")).default(0, "0s"),
  )
  .addOption(
    new Option("--every <duration>", "how often to ask").argParser(durationFrom("0ms", "5s")).default(
      5_000,
      "5s",
    ),
  )
  .option(
    "--url <url>",
    "the URL of Assay (or $ASSAY_URL)",
    Deno.env.get("ASSAY_URL") ?? "http://localhost:8080",
  )
  .option("--token-env <name>", "the environment variable that holds the token", "ASSAY_TOKEN")
  .option("--check <ids>", "only these checks, comma-separated")
  .option("--anchor <id>", "count evidence since this rollout id was first used")
  .option(
    "--since <when>",
    "count evidence since this RFC 3339 time, or for this long before now; 0s means from now on",
  )
  .option("--release <version>", "the version that the target must report")
  .option("--min-runs <n>", "consecutive good runs required")
  .option("--max-age <duration>", "the maximum age of the newest run")
  .option("--regions <ids>", "only these regions, comma-separated")
  .option("--degraded <decision>", "count degraded as pass, fail or inconclusive")
  .option("--max-burn-rate <n>", "fail while the error budget burns faster than this, for checks with an slo")
  .option("--json", "print the whole response")
  .action(async (target: string, options: Options) => {
    if (!URL.canParse(options.url)) fail(USAGE, `Not a URL: ${describe(options.url, [])}`);
    const answer = await waitForDecision(target, options);
    if (!answer) Deno.exit(EXIT.inconclusive);
    const lines = [`${answer.decision}: ${answer.reason}`, ...(answer.page ? [answer.page] : [])];
    printResult({ json: options.json, value: answer }, lines.join("\n"));
    Deno.exit(EXIT[answer.decision]);
  });

/** Asks until there is a decision or time is up. Returns the last answer; undefined if there was none. */
async function waitForDecision(target: string, options: Options): Promise<Answer | undefined> {
  const began = performance.now();
  const log = progressLog(began);
  const url = urlOf(target, options);
  let last: Answer | undefined;
  for (;;) {
    const answer = await ask(url, options.tokenEnv);
    if (typeof answer === "string") log(answer);
    else {
      last = answer;
      if (answer.decision !== "inconclusive") return answer;
      log(`${answer.decision}: ${answer.reason}`);
      // Keeps a relative `since` at the instant of the first answer.
      if (options.since !== undefined) url.searchParams.set("since", answer.window.since);
    }
    const leftMs = began + options.wait - performance.now();
    if (leftMs <= 0) return last;
    await new Promise((resolve) => setTimeout(resolve, Math.min(options.every, leftMs)));
  }
}

function urlOf(target: string, options: Options): URL {
  const base = options.url.replace(/\/$/, "");
  const url = new URL(`${base}/v1/gates/${encodeURIComponent(target)}?mode=body`);
  const { check, anchor, since, release: version, minRuns, maxAge, regions, degraded, maxBurnRate } = options;
  for (
    const [name, value] of Object.entries({
      check,
      anchor,
      since,
      version,
      minRuns,
      maxAge,
      regions,
      degraded,
      maxBurnRate,
    })
  ) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

/** Returns the answer, or the reason for a failure worth retrying. Exits the process on any other failure. */
async function ask(url: URL, tokenEnv: string): Promise<Answer | string> {
  const token = Deno.env.get(tokenEnv);
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(ASK_MS) });
    const body = await response.json().catch(() => null);
    if (response.ok && body && body.decision in EXIT) return body;
    const reason = `${response.status} ${body?.detail ?? "no Assay answers at this URL"}`;
    const again = response.status === 429 || response.status >= 500;
    if (!again) {
      fail(
        USAGE,
        [401, 403].includes(response.status) ? `${reason} (the token is read from $${tokenEnv})` : reason,
      );
    }
    return reason;
  } catch (error) {
    return `no answer: ${(error as Error).message}`;
  }
}

/** Prints progress to standard error: each new line at once, an unchanged one every minute. */
function progressLog(began: number): (line: string) => void {
  let [last, at] = ["", -Infinity];
  return (line) => {
    const now = performance.now();
    if (line === last && now - at < REPEAT_MS) return;
    [last, at] = [line, now];
    console.error(`${Math.round((now - began) / 1_000)}s ${line}`);
  };
}
