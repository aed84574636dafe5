import { growing } from "./growing.ts";
import { type Answer, type AnswerBody, type AnswerHeaders, LimitExceeded } from "../ports.ts";

/** How much of an unread body is drained, so that its connection can be kept. */
const DROP_BYTES = 64 * 1024;

/** Of one body, empty ones included: past that it is only work for us. */
const MAX_CHUNKS = 20_000;
const TOO_MANY_CHUNKS = `stopped reading: the body came in more than ${MAX_CHUNKS} pieces`;

/** The Answer that a fetch Response is. `signal` is the request's, for a body that does not heed it by itself. */
export function answerOf(response: Response, signal?: AbortSignal): Answer {
  const { status, headers } = response;
  return {
    status,
    headers,
    trace: { requests: 1 },
    read: (capBytes, enough) => readBody(response, { capBytes, signal, enough }),
    drop: () => void dropBody(response, signal).catch(() => {}),
  };
}

async function dropBody(response: Response, signal?: AbortSignal): Promise<void> {
  const declared = Number(response.headers.get("content-length") ?? 0);
  if (signal?.aborted || declared > DROP_BYTES) return await response.body?.cancel();
  await readBody(response, { capBytes: DROP_BYTES, signal });
}

interface ReadOptions {
  capBytes: number;
  signal?: AbortSignal;
  enough?: AbortSignal;
}

const EMPTY = new Uint8Array(0);

/** Reads to the end (a cancelled body costs the connection) unless it is longer than `capBytes`. */
async function readBody(
  response: Response,
  { capBytes, signal, enough }: ReadOptions,
): Promise<AnswerBody> {
  // Before `body` is touched: a runtime reads an untouched body without building a stream.
  if (isFetched(response) && isDeclaredWithin(response.headers, capBytes)) {
    return { bytes: new Uint8Array(await response.arrayBuffer()), truncated: false };
  }
  if (!response.body) return { bytes: EMPTY, truncated: false };
  const reader = response.body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  const ends = [signal, enough].filter((end) => end !== undefined);
  for (const end of ends) end.addEventListener("abort", giveUp, { once: true });
  const body = growing(capBytes);
  try {
    for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
      const { value, done } = await reader.read();
      signal?.throwIfAborted();
      if (done) return { bytes: body.bytes(), truncated: enough?.aborted ?? false };
      if (body.add(value)) continue;
      giveUp();
      return { bytes: body.bytes(), truncated: true };
    }
  } finally {
    for (const end of ends) end.removeEventListener("abort", giveUp);
  }
  giveUp();
  throw new LimitExceeded(TOO_MANY_CHUNKS);
}

/** Fetch standard: only what a runtime fetched has a URL. The stream of any other is for us to read, chunk by chunk. */
const isFetched = (response: Response) => response.url !== "";

/** A length under a `content-encoding` or beside a `transfer-encoding` (RFC 9112 section 6.3) says nothing. */
function isDeclaredWithin(headers: AnswerHeaders, capBytes: number): boolean {
  const declared = Number(headers.get("content-length") ?? NaN);
  return declared <= capBytes && !headers.has("content-encoding") && !headers.has("transfer-encoding");
}
