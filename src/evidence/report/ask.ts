import { bodyText } from "../../base/http/body_text.ts";
import { type Exchange, exchange } from "../../base/http/client.ts";
import { Cache } from "../../base/cache.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Ports, Secrets } from "../../base/ports.ts";
import { isTargets } from "../reasons.ts";
import { codeClaim } from "./status_code.ts";
import { cachedRead } from "./cached_read.ts";
import { noClaim, type ReadReport } from "./read.ts";
import type { AskOptions, Dialect, Report, RequestSigner, RequestSpec } from "./report.ts";

const CAP_BYTES = 64 * 1024;
const BULKY_CAP_BYTES = 1024 * 1024;

/**
 * JSON comes first, because Laravel sends JSON only then. Not health+json alone, which django-health-check
 * refuses with 406. No cache-busting query, which terminus treats as another path.
 */
const RECIPE: Record<string, string> = {
  accept: "application/json, application/health+json;q=0.9, text/plain;q=0.5, */*;q=0.1",
  "cache-control": "no-cache",
};

/** Where and how to ask for a report. `headers` may hold `${env:NAME}` and override the default headers. */
export interface ReportEndpoint extends AskOptions {
  url: URL;
  headers: Record<string, string>;
  /** The name of a dialect, or `auto`. */
  dialect: string;
  timeoutMs: number;
  question?: string;
  /** The part of the answer to read; absent: the whole. */
  select?: string;
  /** See {@linkcode staleAfter}; absent: claims never go stale. */
  staleAfterMs?: number;
  signal?: AbortSignal;
  /** Signs requests with `aws`. */
  signRequest?: RequestSigner;
}

/**
 * Asks a service once for its claim. Never throws: every failure becomes a state. No complete answer is
 * `unreachable`. `unreadable` is an answer over 64 KiB (1 MiB in a bulky dialect) or in an unknown encoding,
 * and a failure that is not the service's fault, such as an address that the guard refuses. A header with an
 * unset secret is `unknown`. Redacts known secrets from the answer before reading it.
 */
export async function ask(
  ports: Pick<Ports, "clock" | "fetch" | "secrets">,
  source: ReportEndpoint,
  dialects: readonly Dialect[],
): Promise<Report> {
  const { url, timeoutMs, signal } = source;
  const { secrets } = ports;
  const at = ports.clock.now();
  const dialect = source.dialect === "auto"
    ? dialectOfPath(dialects, url.pathname)
    : dialects.find(({ name }) => source.dialect === name);
  const spec = dialect?.request?.(source);
  const headers = headersOf(source.headers, secrets, spec);
  const signature = spec?.awsService ? await signatureOf(spec, source, secrets, at) : undefined;
  const fault = headers instanceof Error ? headers : signature instanceof Error ? signature : undefined;
  if (fault) {
    const reason = secrets.redact(`config: ${messageOf(fault)}`);
    return { ...noClaim(url, source, { state: "unknown", reason }), at, durationMs: 0 };
  }

  const request = {
    url,
    method: spec?.method ?? "GET",
    headers: (signature ? { ...headers, ...signature } : headers) as Record<string, string>,
    body: spec?.body,
  };
  const capBytes = dialect?.isBulky ? BULKY_CAP_BYTES : CAP_BYTES;
  const got = await exchange(ports, request, { deadlineMs: timeoutMs, capBytes, signal });
  return { ...readExchange(got, source, { secrets, capBytes, at, dialects }), at, durationMs: got.totalMs };
}

/** Reads what a request brought; never throws. */
function readExchange(
  got: Exchange,
  source: ReportEndpoint,
  { secrets, capBytes, at, dialects }: {
    secrets: Secrets;
    capBytes: number;
    at: number;
    dialects: readonly Dialect[];
  },
): ReadReport {
  const { url } = source;
  if (got.kind === "failure") {
    const state = isTargets(got.reason) ? "unreachable" : "unreadable";
    return noClaim(url, source, { state, reason: secrets.redact(`${got.reason}: ${got.detail}`) });
  }
  const unreadable = (reason: string) =>
    noClaim(url, source, { state: "unreadable", reason, code: codeClaim(got.status) });
  if (got.truncated) return unreadable(`limit: over ${capBytes} bytes`);
  const { text, isExact } = bodyText(got.bytes, got.headers.get("content-type"));
  if (!isExact) return unreadable("encoding: the bytes are not text");
  const answer = { url, status: got.status, headers: got.headers, text: secrets.redact(text) };
  const { dialect, question, select, staleAfterMs } = source;
  return cachedRead(answer, { dialect, question, select, staleAfterMs, at }, dialects);
}

const dialectsByPath = new WeakMap<readonly Dialect[], Cache<string, Dialect | null>>();

/** The dialect that this path belongs to, if any. Cached, because the same few paths are asked repeatedly. */
function dialectOfPath(dialects: readonly Dialect[], path: string): Dialect | undefined {
  const known = dialectsByPath.get(dialects) ?? new Cache<string, Dialect | null>({ max: 1_000 });
  dialectsByPath.set(dialects, known);
  return known.getOrSet(path, () => dialects.find((dialect) => dialect.path?.test(path)) ?? null) ??
    undefined;
}

function headersOf(
  own: Record<string, string>,
  secrets: Secrets,
  spec?: RequestSpec,
): Record<string, string> | Error {
  const headers = { ...RECIPE, ...spec?.headers };
  try {
    for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = secrets.reveal(value);
    return headers;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The signature headers of a request that needs them, or the error if a key is not set. */
async function signatureOf(
  { awsService: service, ...spec }: RequestSpec,
  { url, aws, signRequest }: ReportEndpoint,
  secrets: Secrets,
  at: number,
): Promise<Record<string, string> | Error> {
  if (!service || !aws) return {};
  if (!signRequest) return new Error("this deployment was made without aws: deploy again");
  try {
    return await signRequest({ ...spec, service }, { url, access: aws, secrets, at });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
