import { growing } from "./growing.ts";
import { type Answer, type AnswerBody, type AnswerHeaders, LimitExceeded } from "../ports.ts";

/** How many bytes of an unread body are drained, so that its connection can be kept. */
const DROP_BYTES = 64 * 1024;

/** The maximum number of chunks of one body, empty ones included. */
const MAX_CHUNKS = 20_000;
const TOO_MANY_CHUNKS = `stopped reading: the body came in more than ${MAX_CHUNKS} pieces`;

/** A fetch Response as an Answer. `signal` is the request's, for bodies that do not obey it themselves. */
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

/**
 * Reads to the end, because cancelling a body closes the connection, unless the body is longer than
 * `capBytes`.
 */
async function readBody(
  response: Response,
  { capBytes, signal, enough }: ReadOptions,
): Promise<AnswerBody> {
  // Checked before `body` is touched: a runtime reads an untouched body without building a stream.
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

/** Only fetched responses have a URL (Fetch standard). Streams of others are read chunk by chunk. */
const isFetched = (response: Response) => response.url !== "";

/**
 * A content-length is meaningless with a `content-encoding` or `transfer-encoding` (RFC 9112 section 6.3).
 */
function isDeclaredWithin(headers: AnswerHeaders, capBytes: number): boolean {
  const declared = Number(headers.get("content-length") ?? NaN);
  return declared <= capBytes && !headers.has("content-encoding") && !headers.has("transfer-encoding");
}
