import type { AnswerHeaders } from "../../base/ports.ts";
import type { Question } from "../../config/question.ts";
import { LATEST_MS, MINUTE_MS } from "../../base/time.ts";
import { codeClaim } from "./status_code.ts";
import { describeClaim, isNoClaim, isRefusing, isServing, mergeClaims, type MergedClaims } from "./merge.ts";
import { headerClaims } from "./headers.ts";
import { tryParseJson } from "./json.ts";
import { questionOf } from "./question.ts";
import type { Claim, Dialect, Reading, Report, ReportAnswer, ReportState } from "./report.ts";
import { select } from "./select.ts";
import { oneLine } from "../../base/text.ts";

const MAX_SUBSYSTEMS = 200;
const MAX_CLAIMS = 500;
const MAX_RETRY_AFTER_MS = 5 * MINUTE_MS;

/** How to read an answer. */
export interface ReadOptions {
  /** The name of a dialect, or `auto`. */
  dialect: string;
  /** Overrides the question given by the dialect or the path. */
  question?: string;
  /** The part of the answer to read instead of the whole; see {@linkcode select}. */
  select?: string;
  /** The current time, epoch ms. Without it, ages are not checked. */
  at?: number;
  /** A claim with an own time older than this is `unknown`, reason `stale`; see {@linkcode staleAfter}. */
  staleAfterMs?: number;
}

/** A report without the time and duration of the request. */
export type ReadReport = Omit<Report, "at" | "durationMs">;

/** The age (ms) after which a claim is stale: three periods, at least a minute. */
export function staleAfter(periodMs: number): number {
  return Math.max(3 * periodMs, MINUTE_MS);
}

/**
 * Reads an answer in the declared dialect, or in the first of `dialects` that recognises and can read it. An
 * answer that no dialect can read is `unreadable`, whatever its status code. Pure; never throws.
 */
export const read = (
  received: Omit<ReportAnswer, "json">,
  options: ReadOptions,
  dialects: readonly Dialect[],
): ReadReport => readAt(interpret(received, options, dialects), received.headers, options);

/** What an answer says, whenever it is read. Without `reading` there is no claim. */
export interface Interpretation {
  report: ReadReport;
  reading?: Reading;
}

/** The part of {@linkcode read} that does not depend on the time. */
export function interpret(
  received: Omit<ReportAnswer, "json">,
  options: ReadOptions,
  dialects: readonly Dialect[],
): Interpretation {
  const answer: ReportAnswer = { ...received, json: tryParseJson(received.text) };
  const found = options.dialect === "auto"
    ? sniff(answer, dialects)
    : readDeclared(answer, options.dialect, dialects);
  const code = codeClaim(answer.status);
  if (typeof found === "string") {
    return { report: noClaim(answer.url, options, { state: "unreadable", reason: found, code }) };
  }

  const merged = mergeReading(found.reading, answer.headers, options.select);
  if ("reason" in merged) {
    const nothing = noClaim(answer.url, options, { state: "unknown", reason: merged.reason, code });
    return { report: { ...nothing, dialect: found.dialect } };
  }
  const { reading, folded } = merged;
  const confidence = confidenceOf(options.dialect, reading.claims);
  const question = questionOf(answer.url, options.question, reading.question);
  const report: ReadReport = {
    ...folded,
    reason: folded.reason ?? caveat(folded.state, confidence, options.question ? undefined : question),
    dialect: found.dialect,
    confidence,
    question,
    httpStatus: answer.status,
    claims: reading.claims.slice(0, MAX_CLAIMS),
    subsystems: (reading.subsystems ?? []).slice(0, MAX_SUBSYSTEMS),
    version: reading.version,
  };
  return { report, reading };
}

/** The part of {@linkcode read} that depends on the time. */
export function readAt(
  { report, reading }: Interpretation,
  headers: AnswerHeaders,
  options: ReadOptions,
): ReadReport {
  if (!reading) return report;
  const reportedAt = toTime(reading.reportedAt ?? cacheTime(headers, options.at));
  const retryMs = retryAfterMs(headers.get("retry-after"), options.at);
  const timed: ReadReport = { ...report, reportedAt, retryAfterMs: retryMs };
  if (isStale(reportedAt, options)) return { ...timed, state: "unknown", reason: "stale" };
  return report.state === "not_ready" ? { ...timed, phase: reading.phase } : timed;
}

/** A report without a claim. `code` is listed as a claim, but does not decide the state. */
export function noClaim(
  url: URL,
  { dialect, question }: ReadOptions,
  { state, reason, code }: {
    state: "unreachable" | "unreadable" | "unknown";
    reason: string;
    code?: Claim;
  },
): ReadReport {
  return {
    state,
    dialect,
    confidence: dialect === "auto" ? "code" : "declared",
    question: questionOf(url, question),
    httpStatus: code && Number(code.raw),
    claims: code ? [code] : [],
    contradictions: [],
    subsystems: [],
    reason: clip(reason, 300),
  };
}

/** Merges the claims of the whole or of the selected part. Returns a reason if there is no such part. */
function mergeReading(
  whole: Reading,
  headers: AnswerHeaders,
  path?: string,
): { reading: Reading; folded: MergedClaims } | { reason: string } {
  const all = limitReading(whole, headerClaims(headers));
  if (path === undefined) return { reading: all, folded: mergeClaims(all) };
  const selected = select(whole, path);
  if ("reason" in selected) {
    const folded = mergeClaims(all);
    // An error page or a login wall is not a report, so keep that result instead of reporting a missing part.
    return isNoClaim(folded.state) ? { reading: all, folded } : selected;
  }
  const reading = limitReading(selected.reading, []);
  const folded = mergeClaims(reading);
  if (selected.above && isRefusing(folded.state)) {
    folded.contradictions.push(`${describeClaim(selected.above)} over ${path} ${folded.state}`);
  }
  return { reading, folded };
}

type Found = { dialect: string; reading: Reading } | string;

function sniff(answer: ReportAnswer, dialects: readonly Dialect[]): Found {
  for (const dialect of dialects) {
    const reading = dialect.recognise(answer) ? dialect.read(answer) : null;
    if (reading) return { dialect: dialect.name, reading };
  }
  return "no dialect knows this answer";
}

function readDeclared(answer: ReportAnswer, name: string, dialects: readonly Dialect[]): Found {
  const dialect = dialects.find((dialect) => dialect.name === name);
  if (!dialect) return `dialect_unknown: ${name}`;
  const reading = dialect.read(answer);
  if (reading) return { dialect: name, reading };
  const other = dialects.find((dialect) => dialect.recognise(answer))?.name;
  return `dialect_mismatch: code ${answer.status} is not ${name}${other ? `, it may be ${other}` : ""}`;
}

function confidenceOf(dialect: string, claims: Claim[]): Report["confidence"] {
  if (dialect !== "auto") return "declared";
  return claims.every((claim) => claim.source === "code") ? "code" : "recognised";
}

/** Why a claim is weak, and the config key that fixes it. `question` is only passed if it is a guess. */
function caveat(
  state: ReportState,
  confidence: Report["confidence"],
  question?: Question,
): string | undefined {
  if (question === "liveness") return "liveness only: no claim until report.question is readiness";
  if (confidence === "code" && isServing(state)) {
    return "claimed by status code alone: report.dialect makes it exact";
  }
  return undefined;
}

/**
 * Adds more claims, truncates long texts, and adds an `unreadable` claim if there are more parts than are
 * kept.
 */
function limitReading(reading: Reading, more: Claim[]): Reading {
  const claims = [...reading.claims, ...more].map((claim) => ({ ...claim, raw: clip(claim.raw, 80) }));
  const subsystems = (reading.subsystems ?? []).map((part) => ({
    ...part,
    name: clip(part.name, 200),
    message: part.message && clip(part.message, 300),
  }));
  if (subsystems.length > MAX_SUBSYSTEMS) {
    claims.push({ source: "body", state: "unreadable", raw: `more than ${MAX_SUBSYSTEMS} subsystems` });
  }
  return { ...reading, claims, subsystems, version: reading.version && clip(reading.version, 80) };
}

const clip = (text: string, most: number): string =>
  oneLine(text.trimStart(), most, "").toWellFormed().trim();

/** The time of a cached answer, from its `Age` (RFC 9111, 5.1). */
function cacheTime(headers: AnswerHeaders, at?: number): number | undefined {
  const age = headers.get("age");
  return at !== undefined && age !== null && /^\d{1,10}$/.test(age) ? at - Number(age) * 1000 : undefined;
}

/** Clamps a number to valid times, so that a stale claim stays stale and the time fits in JSON. */
function toTime(at: number | undefined): number | undefined {
  return at === undefined || Number.isNaN(at) ? undefined : Math.min(LATEST_MS, Math.max(0, at));
}

function isStale(reportedAt: number | undefined, { at, staleAfterMs }: ReadOptions): boolean {
  return reportedAt !== undefined && at !== undefined && staleAfterMs !== undefined &&
    at - reportedAt > staleAfterMs;
}

/**
 * `Retry-After` (RFC 9110, 10.2.3) in ms, from seconds or an HTTP date. At most 5 min, so that it never hides
 * a recovery for long.
 */
function retryAfterMs(header: string | null, at?: number): number | undefined {
  if (header === null) return undefined;
  const until = header.endsWith(" GMT") ? Date.parse(header) : NaN;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : until - (at ?? NaN);
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), MAX_RETRY_AFTER_MS);
}
