// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** The trace of one run (W3C Trace Context, section 3.2). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** The value of `traceparent` for the request numbered so in the run. */
  traceparent(request: number): string;
}

/** The trace that follows from a run's id: a walk that is repeated has the same, and a second walk another. */
export async function traceContext(runId: string): Promise<TraceContext> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(runId)));
  const traceId = encodeHex(hash.slice(0, 16));
  const first = new DataView(hash.buffer).getBigUint64(16);
  const parentId = (request: number) =>
    (BigInt.asUintN(64, first + BigInt(request)) || 1n).toString(16).padStart(16, "0");
  return { traceId, traceparent: (request) => `00-${traceId}-${parentId(request)}-01` };
}
