/** Answers that are too long, have too many parts, or come too slowly. */
import type { Move } from "./play.ts";
import { breaks, type Expected, head, IS_LATE, IS_LOST, IS_OK, type Row } from "./row.ts";

const CHUNKED = head("HTTP/1.1 200 OK", "transfer-encoding: chunked");
const START = "HTTP/1.1 200 OK\r\n";
const END = "content-length: 2\r\n\r\nok";
const KB = "a".repeat(1_000);
const IS_CUT: Expected = { status: 200, truncated: true };
const TOO_MUCH = breaks(/more than|limit|too (many|large|long)|headers/i, "limit");

/** It has bounds of its own. */
const isLost = (reason: "network" | "body") => ({ ...IS_LOST, reason });

const flood = (name: string, moves: Move[], deno: Expected, workerd?: Row["workerd"]): Row => ({
  name,
  play: () => moves,
  deno,
  workerd,
});

const HEADS: Row[] = [
  flood("500 fields", [{ send: START }, { flood: "x-a: b\r\n", times: 500 }, { send: END }], {
    status: 200,
    text: "ok",
  }),
  flood(
    "2,000 fields",
    [{ send: START }, { flood: "x-a: b\r\n", times: 2_000 }, { send: END }],
    TOO_MUCH,
    IS_OK,
  ),
  flood("50 kB in one field", [{ send: `${START}x-a: ${KB.repeat(50)}\r\n${END}` }], {
    status: 200,
    text: "ok",
  }),
  flood("500 kB in one field", [{ send: `${START}x-a: ${KB.repeat(500)}\r\n${END}` }], TOO_MUCH, IS_OK),
  flood("fields without end", [{ send: START }, { flood: "x-a: b\r\n" }], TOO_MUCH, isLost("network")),
  flood(
    "cookies without end",
    [{ send: START }, { flood: `set-cookie: a=${KB}\r\n` }],
    TOO_MUCH,
    isLost("network"),
  ),
  flood("a field's name without end", [{ send: START }, { flood: KB }], TOO_MUCH, isLost("network")),
  flood(
    "a field's value without end",
    [{ send: `${START}x-a: ` }, { flood: KB }],
    TOO_MUCH,
    isLost("network"),
  ),
  flood(
    "a folded field without end",
    [{ send: `${START}x-a: b\r\n` }, { flood: ` ${KB}\r\n` }],
    TOO_MUCH,
    isLost("network"),
  ),
  flood(
    "a reason phrase without end",
    [{ send: "HTTP/1.1 200 " }, { flood: KB }],
    TOO_MUCH,
    isLost("network"),
  ),
  flood("empty lines without end", [{ flood: "\r\n" }], TOO_MUCH, isLost("network")),
  flood("a head, a byte at a time", [{ drip: `${START}${END}`.repeat(9), everyMs: 50 }], IS_LATE),
];

const BODIES: Row[] = [
  flood(
    "a MiB with its length",
    [{ send: head("HTTP/1.1 200 OK", "content-length: 1048576") }, { flood: "a".repeat(1024), times: 1024 }],
    IS_CUT,
  ),
  flood("a body without end", [{ send: head("HTTP/1.1 200 OK") }, { flood: KB }], IS_CUT),
  flood(
    "a body of a TiB",
    [{ send: head("HTTP/1.1 200 OK", "content-length: 1099511627776") }, { flood: KB }],
    IS_CUT,
  ),
  flood("chunks without end", [{ send: CHUNKED }, { flood: `3e8\r\n${KB}\r\n` }], IS_CUT),
  flood("chunks of one byte without end", [{ send: CHUNKED }, { flood: "1\r\na\r\n" }], TOO_MUCH),
  flood(
    "zeros as a chunk's size without end",
    [{ send: CHUNKED }, { flood: "0".repeat(1_000) }],
    TOO_MUCH,
    null,
  ),
  flood(
    "digits as a chunk's size without end",
    [{ send: CHUNKED }, { flood: "f".repeat(1_000) }],
    breaks(/Invalid|chunk|overflow|Parse|terminated|parser/i, "body"),
  ),
  flood(
    "a chunk's extension without end",
    [{ send: `${CHUNKED}1;a=` }, { flood: KB }],
    TOO_MUCH,
    isLost("body"),
  ),
  flood(
    "extensions without end",
    [{ send: CHUNKED }, { flood: `1;${KB}\r\na\r\n` }],
    TOO_MUCH,
    isLost("body"),
  ),
  flood(
    "trailers without end",
    [{ send: `${CHUNKED}2\r\nok\r\n0\r\n` }, { flood: `x-a: ${KB}\r\n` }],
    TOO_MUCH,
    isLost("body"),
  ),
  flood(
    "a trailer without end",
    [{ send: `${CHUNKED}2\r\nok\r\n0\r\nx-a: ` }, { flood: KB }],
    TOO_MUCH,
    isLost("body"),
  ),
  flood(
    "a body, a byte at a time",
    [{ send: head("HTTP/1.1 200 OK", "content-length: 99") }, { drip: "a".repeat(99), everyMs: 50 }],
    IS_LATE,
  ),
  flood(
    "events without end",
    [{ send: head("HTTP/1.1 200 OK", "content-type: text/event-stream") }, { flood: ": hi\n\n" }],
    IS_CUT,
  ),
  flood(
    "events at leisure",
    [{ send: head("HTTP/1.1 200 OK", "content-type: text/event-stream") }, {
      drip: ": hi\n\n".repeat(20),
      everyMs: 50,
    }],
    IS_LATE,
  ),
];

/** See the file's head. */
export const FLOODS: Row[] = [...HEADS, ...BODIES];
