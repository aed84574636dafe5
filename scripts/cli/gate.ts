import { Command, InvalidArgumentError, Option } from "commander";
import { DURATION, parseDuration } from "../../src/config/schema/duration.ts";
import { describe } from "../../src/config/problem.ts";
import { fail, printResult, USAGE } from "./terminal.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

/** Exit code of each decision. */
const EXIT = { pass: 0, fail: 1, inconclusive: 2 } as const;
const ASK_MS = 10_000;
/** A line that says the same is printed again after this. */
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

/** What the command line reads of a gate's document. */
interface Answer {
  decision: keyof typeof EXIT;
  reason: string;
  /** Of the incident or the target; null without a `publicUrl`. */
  page: string | null;
  window: { since: string };
}

/** `assay gate <target>`: asks the gate of a running Assay, until it has decided. */
export const gateCommand = new Command("gate")
  .description("Ask a gate, or wait for it. Exit 0 pass, 1 fail, 2 inconclusive (or no answer), 3 usage.")
  .argument("<target>", "the target's id")
  .addOption(
    new Option("--wait <duration>", "ask again for this long while it is inconclusive")
      .argParser(durationOption).default(0, "0s"),
  )
  .addOption(new Option("--every <duration>", "how often").argParser(durationOption).default(5_000, "5s"))
  .option(
    "--url <url>",
    "where Assay is (or $ASSAY_URL)",
    Deno.env.get("ASSAY_URL") ?? "http://localhost:8080",
  )
  .option("--token-env <name>", "the environment variable that holds the token", "ASSAY_TOKEN")
  .option("--check <ids>", "only these checks, by comma")
  .option("--anchor <id>", "evidence since this rollout was first heard of")
  .option("--since <when>", "evidence since then: RFC 3339, or how long before now (0s: from now on)")
  .option("--release <version>", "the version that must report itself")
  .option("--min-runs <n>", "good runs in a row")
  .option("--max-age <duration>", "how old the newest run may be")
  .option("--regions <ids>", "only these regions, by comma")
  .option("--degraded <decision>", "what degraded counts for: pass, fail or inconclusive")
  .option("--max-burn-rate <n>", "fail while the error budget burns faster, for checks with an slo")
  .option("--json", "print the whole answer")
  .action(async (target: string, options: Options) => {
    if (!URL.canParse(options.url)) fail(USAGE, `Not a URL: ${describe(options.url, [])}`);
    const answer = await waitForDecision(target, options);
    if (!answer) Deno.exit(EXIT.inconclusive);
    const lines = [`${answer.decision}: ${answer.reason}`, ...(answer.page ? [answer.page] : [])];
    printResult({ json: options.json, value: answer }, lines.join("\n"));
    Deno.exit(EXIT[answer.decision]);
  });

/** The decision, or the last answer when the time is over; undefined: there never was one. */
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
      // "Ten minutes ago" stays where it was.
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

/** An answer, or why there is none that counts; a request that can never be answered ends the process. */
async function ask(url: URL, tokenEnv: string): Promise<Answer | string> {
  const token = Deno.env.get(tokenEnv);
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(ASK_MS) });
    const body = await response.json().catch(() => null);
    if (response.ok && body && body.decision in EXIT) return body;
    const reason = `${response.status} ${body?.detail ?? "no gate of Assay answers there"}`;
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

/** Lines of progress on standard error, each as soon as it says something new. */
function progressLog(began: number): (line: string) => void {
  let [last, at] = ["", -Infinity];
  return (line) => {
    const now = performance.now();
    if (line === last && now - at < REPEAT_MS) return;
    [last, at] = [line, now];
    console.error(`${Math.round((now - began) / 1_000)}s ${line}`);
  };
}

function durationOption(text: string): number {
  if (!DURATION.test(text)) {
    throw new InvalidArgumentError("Not a duration: a whole number and ms, s, m, h or d.");
  }
  return parseDuration(text);
}
