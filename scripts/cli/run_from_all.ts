/** `assay run --from all`: runs checks from every prober of a running Assay. */
import type { Check } from "../../src/config/config.ts";
import type { VerdictReason } from "../../src/judgement/verdict.ts";
import type { RunResult } from "./run_text.ts";
import { fail, USAGE } from "./terminal.ts";

/** The URL of a running Assay, and the environment variable that holds its token. */
export interface From {
  url: string;
  tokenEnv: string;
}

/** Exit code when no prober answered, so the outcome is unknown. */
const UNANSWERED = 2;
/** Longer than any check may take on its slowest prober. */
const ASK_MS = 120_000;
/**
 * Attempts per check: Assay runs a check at most once in ten seconds, and another client may have just run
 * it.
 */
const TRIES = 5;
/** Checks requested concurrently. */
const AT_ONCE = 4;

/** One prober in the response of `POST …/rounds`. */
interface Seen {
  id: string;
  verdict?: RunResult["verdict"]["word"];
  verdictReason?: VerdictReason;
  reported: NonNullable<RunResult["walked"]["before"]> & { before?: RunResult["walked"]["before"] } | null;
  observed: RunResult["walked"]["observation"] | null;
  missed?: { reason: string };
}

/** Returns one result per check and prober, in order. Exits the process if a response is unusable. */
export async function walkFromAll(checks: readonly Check[], from: From): Promise<RunResult[]> {
  if (!URL.canParse(from.url)) fail(USAGE, `Not a URL: ${from.url}`);
  const results: RunResult[][] = [];
  for (let at = 0; at < checks.length; at += AT_ONCE) {
    results.push(...await Promise.all(checks.slice(at, at + AT_ONCE).map((check) => walk(check, from))));
  }
  return results.flat();
}

async function walk(check: Check, from: From): Promise<RunResult[]> {
  const ids = [check.target.id, check.id].map(encodeURIComponent);
  const url = `${from.url.replace(/\/$/, "")}/v1/targets/${ids[0]}/checks/${ids[1]}/rounds`;
  const { regions } = await ask(check, url, from.tokenEnv);
  const seen = regions.flatMap(({ probers }) => probers);
  if (seen.length === 0) fail(UNANSWERED, `${check.key}: no prober runs it`);
  return seen.map((one) => resultOf(check, one));
}

function resultOf(check: Check, { id, verdict, verdictReason, reported, observed, missed }: Seen): RunResult {
  if (!verdict || !observed) {
    const detail = `prober ${id} returned nothing${missed ? `: ${missed.reason}` : ""}`;
    const failure = { step: "prober", reason: "platform" as const, detail };
    const observation = { outcome: "error" as const, totalMs: 0, failure };
    return { check, prober: id, walked: { before: null, observation }, verdict: { word: "inconclusive" } };
  }
  const { before, ...latest } = reported ?? {};
  const claim = reported && latest as RunResult["walked"]["before"];
  const walked = { before: before ?? claim, ...before && { after: claim }, observation: observed };
  return { check, prober: id, walked, verdict: { word: verdict, reason: verdictReason } };
}

async function ask(check: Check, url: string, tokenEnv: string): Promise<{ regions: { probers: Seen[] }[] }> {
  const token = Deno.env.get(tokenEnv);
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  for (let tries = 1;; tries++) {
    const options = {
      method: "POST",
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(ASK_MS),
    } as const;
    const response = await fetch(url, options).catch((error: Error) =>
      fail(UNANSWERED, `${check.key}: no answer: ${error.message}`)
    );
    const body = await response.json().catch(() => null);
    if (response.ok && Array.isArray(body?.regions)) return body;
    if (response.status === 429 && tries < TRIES) {
      await new Promise((resolve) =>
        setTimeout(resolve, 1_000 * Number(response.headers.get("retry-after") ?? 1))
      );
      continue;
    }
    const reason = `${check.key}: ${response.status} ${body?.detail ?? "no Assay answers at this URL"}`;
    if (response.status === 429 || response.status >= 500) fail(UNANSWERED, reason);
    const isClosed = [401, 403].includes(response.status);
    fail(USAGE, isClosed ? `${reason} (the token is read from $${tokenEnv})` : reason);
  }
}
