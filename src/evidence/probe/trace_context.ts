// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** The trace of one run (W3C Trace Context, section 3.2). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** The value of `traceparent` for a request, by its number in the run. */
  traceparent(request: number): string;
}

/** Derives the trace from the run id, so that a repeated walk of the same run gets the same trace. */
export async function traceContext(runId: string): Promise<TraceContext> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(runId)));
  const traceId = encodeHex(hash.slice(0, 16));
  const first = new DataView(hash.buffer).getBigUint64(16);
  const parentId = (request: number) =>
    (BigInt.asUintN(64, first + BigInt(request)) || 1n).toString(16).padStart(16, "0");
  return { traceId, traceparent: (request) => `00-${traceId}-${parentId(request)}-01` };
}
