/** Reads what a service claims: all pulled sources of a check, combined into one report. */
import type { AskedSource, Check } from "../../config/config.ts";
import { sourcesToAsk } from "../../config/requests.ts";
import { isSameOrigin, resolveFixedUrl, USER_AGENT } from "../../base/http/client.ts";
import type { Semaphore } from "../../base/semaphore.ts";
import { ConfigFault, type Ports } from "../../base/ports.ts";
import { revealHeader } from "../../base/secrets.ts";
import {
  ask,
  combineSources,
  type Dialect,
  type Report,
  type ReportEndpoint,
  type RequestSigner,
  staleAfter,
  withSource,
} from "../../evidence/report/mod.ts";
import type { authorizeReport, ReportAuthContext } from "./report_auth.ts";
import { periodMs } from "../../config/schedule.ts";

export interface ReportContext extends ReportAuthContext {
  dialects: readonly Dialect[];
  signRequest?: RequestSigner;
  /** Required for sources with `auth`. */
  authorizeReport?: typeof authorizeReport;
  /** Runs further sources in parallel while places are free. */
  tryRun: Semaphore["tryRun"];
}

/**
 * Asks each source once: one after the other in the round's own place, and in parallel while other places are
 * free. Null: there is nothing to ask. Throws if a path makes no URL.
 */
export async function fetchReport(
  ports: Ports,
  check: Check,
  context: ReportContext,
): Promise<Report | null> {
  const sources = sourcesToAsk(check);
  if (!check.report || sources.length === 0) return null;
  const fetchSource = (source: AskedSource) =>
    ask(
      // Present wherever the config names an `auth`.
      source.auth ? context.authorizeReport!(ports, source, context) : ports,
      requestOf(ports, check, source, context),
      context.dialects,
    );
  if (check.report.sources.length === 1) return await fetchSource(sources[0]!);
  const reports: Report[] = [];
  const queue = sources.entries();
  const worker = async () => {
    for (const [i, source] of queue) reports[i] = withSource(source.name, await fetchSource(source));
  };
  await Promise.all([worker(), ...sources.slice(1).map(() => context.tryRun(worker))]);
  return combineSources(check.report.rule, reports as [Report, ...Report[]]);
}

function requestOf(
  { secrets }: Ports,
  check: Check,
  source: AskedSource,
  { baseUrl, run: { id, slot }, signal, signRequest }: ReportContext,
): ReportEndpoint {
  const { path, headers, dialect, timeoutMs, question, select, service, aws } = source;
  const url = resolveFixedUrl(source, baseUrl, secrets.reveal(path));
  if (!url) throw new ConfigFault(`Cannot make a URL of the report's path ${path}`);
  const sent: Record<string, string> = { "user-agent": USER_AGENT };
  if (isSameOrigin(baseUrl, url)) sent["x-assay-run"] = id;
  for (const [name, value] of headers) sent[name] = revealHeader(secrets, name, value);
  return {
    url,
    headers: sent,
    dialect,
    timeoutMs,
    question,
    select,
    service,
    aws,
    signRequest,
    staleAfterMs: staleAfter(periodMs(check, slot)),
    signal,
  };
}
