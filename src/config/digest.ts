import type { Check, ReportConfig, Step } from "./config.ts";
// @ts-types="../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/**
 * SHA-256 (hex) of everything that determines how a check is probed. Equal configs in YAML and JSON give
 * equal digests.
 */
export async function digestOf(check: Omit<Check, "digest">): Promise<string> {
  const {
    target,
    report,
    journey,
    cleanup,
    timeoutMs,
    latencyBudgetMs,
    retry,
    evidence,
    trace,
    converge,
    version,
  } = check;
  const text = canonical({
    url: target.url,
    tls: target.tls,
    report: report && withoutPushDetail(report),
    journey: journey.map(withoutDerived),
    cleanup: cleanup.map(withoutDerived),
    timeoutMs,
    latencyBudgetMs,
    trace: trace && true,
    // Defaults are omitted, so that the digest equals that of earlier versions, which lack these fields.
    retry: retry === 1 ? undefined : retry,
    evidence: evidence.body ? undefined : evidence,
    converge: converge && Object.keys(converge),
    version,
  });
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return encodeHex(hash);
}

/** Probers depend only on the existence of a pushed source. */
const withoutPushDetail = ({ sources, rule }: ReportConfig) => ({
  rule,
  sources: sources.map((source) => source.kind === "pushed" ? { kind: source.kind } : source),
});

/** Drops fields that follow from others or only affect display. */
const withoutDerived = (
  { kind: _kind, summary: _summary, requests: _requests, secretCaptures: _secret, ...step }: Step,
) => step;

/** JSON with sorted keys; compiled expressions are replaced by their source. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if ("source" in value) return JSON.stringify(value.source);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const sorted = entries.toSorted(([a], [b]) => a < b ? -1 : 1);
  return `{${sorted.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}
