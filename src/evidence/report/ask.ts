import { exchange } from "../../base/http/client.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Ports, Vault } from "../../base/ports.ts";
import { codeClaim } from "./status_code.ts";
import { decode } from "./decode.ts";
import { type Heard, read, silent } from "./read.ts";
import type { Asking, Dialect, Report, Topic } from "./report.ts";
import { signed } from "./sigv4.ts";

const CAP_BYTES = 64 * 1024;

/**
 * JSON first, because Laravel answers JSON only then; never health+json alone, which django-health-check refuses with
 * 406. No cache-busting query, which terminus takes for another path.
 */
const RECIPE: Record<string, string> = {
  accept: "application/json, application/health+json;q=0.9, text/plain;q=0.5, */*;q=0.1",
  "cache-control": "no-cache",
};

/** Where a report is asked. `headers` may hold `${env:NAME}`; a name that the recipe uses overrides it. */
export interface Source extends Topic {
  url: URL;
  headers: Record<string, string>;
  /** The name of a dialect, or `auto`. */
  dialect: string;
  timeoutMs: number;
  question?: string;
  /** The part of the answer that is read; absent: the whole. */
  select?: string;
  /** See {@linkcode staleAfter}; absent: no claim is stale. */
  staleAfterMs?: number;
  signal?: AbortSignal;
}

/**
 * Asks a service once for its claim. Whatever goes wrong is a state: no complete answer is `unreachable` (an address that the
 * guard refuses too), an answer over 64 KiB or in no readable encoding is `unreadable`, a header that needs a secret
 * which is not set is `unknown`. Known secrets are cut from the answer before it is read. Never throws.
 */
export async function ask(
  ports: Pick<Ports, "clock" | "fetch" | "vault">,
  source: Source,
  dialects: readonly Dialect[],
): Promise<Report> {
  const at = ports.clock.now();
  const began = ports.clock.elapsed();
  const heard = await hear(ports, source, at, dialects);
  return { ...heard, at, durationMs: ports.clock.elapsed() - began };
}

async function hear(
  ports: Pick<Ports, "clock" | "fetch" | "vault">,
  source: Source,
  at: number,
  dialects: readonly Dialect[],
): Promise<Heard> {
  const { url, timeoutMs, signal } = source;
  const { vault } = ports;
  const asked = dialects.find(({ name, path }) =>
    source.dialect === "auto" ? path?.test(url.pathname) : source.dialect === name
  );
  const asking = asked?.request?.(source);
  const headers = headersOf(source.headers, vault, asking);
  const signature = asking?.awsService ? await signatureOf(asking, source, vault, at) : {};
  const fault = [headers, signature].find((made) => made instanceof Error);
  if (fault) return silent(url, source, "unknown", vault.redact(`secret: ${messageOf(fault)}`));

  const request = {
    url,
    method: asking?.method ?? "GET",
    headers: { ...headers, ...signature } as Record<string, string>,
    body: asking?.body,
  };
  const got = await exchange(ports, request, { deadlineMs: timeoutMs, capBytes: CAP_BYTES, signal });
  if (got.kind === "failure") {
    const state = got.reason === "blocked" || got.reason === "platform" ? "unreadable" : "unreachable";
    return silent(url, source, state, vault.redact(`${got.reason}: ${got.detail}`));
  }

  const code = codeClaim(got.status);
  if (got.truncated) return silent(url, source, "unreadable", `too_large: over ${CAP_BYTES} bytes`, code);
  const text = decode(got.bytes, got.headers.get("content-type"));
  if (text === undefined) return silent(url, source, "unreadable", "encoding: the bytes are not text", code);
  const answer = { url, status: got.status, headers: got.headers, text: vault.redact(text) };
  return read(answer, { ...source, at }, dialects);
}

function headersOf(
  own: Record<string, string>,
  vault: Vault,
  asking?: Asking,
): Record<string, string> | Error {
  const headers = { ...RECIPE, ...asking?.headers };
  try {
    for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = vault.reveal(value);
    return headers;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The signature of a request that needs one; the error where a key is not set. */
async function signatureOf(
  { awsService: service, ...asking }: Asking,
  { url, aws }: Source,
  vault: Vault,
  at: number,
): Promise<Record<string, string> | Error> {
  if (!service || !aws) return {};
  try {
    return await signed({ ...asking, service }, { url, access: aws, vault, at });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
