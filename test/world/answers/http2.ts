/** Answers over HTTP/2 (RFC 9113) of a server that speaks nothing else. It has sent its settings before. */
import { deflateRawSync, gzipSync } from "node:zlib";
import { block, frame, headers, indexed, setting, words } from "./frames.ts";
import type { Move, Play } from "./play.ts";
import { breaks, type Expected, IS_LATE, IS_OK, type Row, sends } from "./row.ts";

/** The door behind which they are. */
export const HTTP2 = "only HTTP/2";
/** The row that is nothing special. */
export const PLAIN_HTTP2 = "HTTP/2: an answer";

const NO_ERROR = 0, INTERNAL_ERROR = 2, CANCEL = 8;
const START = headers([[":status", "200"]]);
const END = frame("data", "ok", { flags: ["end"] });
const KB = "a".repeat(1_000);
const IS_CUT: Expected = { status: 200, truncated: true };
const GONE = /closed|reset|end|EPIPE/i;
const TOO_MUCH = breaks(/more than/, "limit");

const row = (name: string, play: Play, deno: Expected, more: Partial<Row> = {}): Row => ({
  name: `HTTP/2: ${name}`,
  door: HTTP2,
  schemes: ["https"],
  play,
  deno,
  ...more,
});
const moves = (...moves: Move[]): Play => () => moves;
const answers = (...fields: [string, string][]) => headers([[":status", "200"], ...fields]);
const bare = (status: string, ...fields: [string, string][]) =>
  headers([[":status", status], ...fields], ["end"]);

const ANSWERED: Row[] = [
  row("an answer", sends(START, END), IS_OK),
  ...["HEAD", "POST", "DELETE"].map((method) =>
    row(
      `an answer to ${method}`,
      method === "HEAD" ? sends(bare("200", ["content-length", "2"])) : sends(START, END),
      { status: 200, text: method === "HEAD" ? "" : "ok" },
      { method, ...(method === "POST" && { body: "a=1" }) },
    )
  ),
  row("a status of 999", sends(headers([[":status", "999"]]), END), { status: 999, text: "ok" }),
  row("204", sends(bare("204")), { status: 204, text: "" }),
  row("a body of nothing", sends(START, frame("data", "", { flags: ["end"] })), { status: 200, text: "" }),
  row("trailers", sends(START, frame("data", "ok"), headers([["x-sum", "1"]], ["end"])), IS_OK),
  row("padding", sends(START, frame("data", "\x03okxyz", { flags: ["end", "padded"] })), IS_OK),
  row("frames, byte by byte", () => [{ drip: Buffer.concat([START, END]) }], IS_OK),
  row("a frame of no known kind", sends(frame("unknown", KB), START, END), IS_OK),
  row("a field twice", sends(answers(["x-a", "1"], ["x-a", "2"]), END), IS_OK),
  row("103, then the answer", sends(headers([[":status", "103"], ["link", "</a>"]]), START, END), IS_OK),
  row(
    "a redirect in raw UTF-8",
    sends(bare("302", ["location", "/café"])),
    { status: 302, text: "", location: "/café" },
  ),
  row(
    "gzip",
    (visit) =>
      sends(answers(["content-encoding", "gzip"]), frame("data", gzipSync("ok"), { flags: ["end"] }))(visit),
    IS_OK,
  ),
  row("401 before the body is read", sends(bare("401"), frame("rst", words(NO_ERROR))), {
    status: 401,
    text: "",
  }, { method: "POST", body: "a".repeat(300_000) }),
];

const UNANSWERED: Row[] = [
  row("never answered", moves(), IS_LATE),
  row("silence in the body", sends(answers(["content-length", "9"]), frame("data", "ok")), IS_LATE),
  row("too late", moves({ waitMs: 2_000 }, { send: START }, { send: END }), IS_LATE),
  row("no window for the request's body", moves(), IS_LATE, { method: "POST", body: "a".repeat(300_000) }),
  row("GOAWAY", sends(frame("goaway", words(0, NO_ERROR), { stream: 0 })), breaks(/GOAWAY: NO_ERROR/)),
  row(
    "GOAWAY in the body",
    () => [{ send: START }, { send: frame("goaway", words(1, NO_ERROR), { stream: 0 }) }, { end: "fin" }],
    breaks(GONE, "body"),
  ),
  row(
    "GOAWAY for the next request, then the answer",
    sends(frame("goaway", words(1, NO_ERROR), { stream: 0 }), START, END),
    IS_OK,
  ),
  ...[NO_ERROR, INTERNAL_ERROR, CANCEL].flatMap((code) => [
    row(`RST_STREAM ${code}`, sends(frame("rst", words(code))), breaks(GONE)),
    row(
      `RST_STREAM ${code} in the body`,
      sends(START, frame("data", "ok"), frame("rst", words(code))),
      breaks(GONE, "body"),
    ),
  ]),
  row("ended before the answer", moves({ end: "fin" }), breaks(GONE)),
  row("reset before the answer", moves({ waitMs: 50 }, { end: "rst" }), breaks(GONE)),
  row(
    "ended in the body",
    moves({ send: START }, { send: frame("data", "ok") }, { end: "fin" }),
    breaks(GONE, "body"),
  ),
  row(
    "ended in a frame",
    moves({ send: START }, { send: frame("data", "ok", { length: 9 }) }, { end: "fin" }),
    breaks(GONE, "body"),
  ),
];

const WRONG: Row[] = [
  row("no status", sends(headers([["x-a", "b"]], ["end"])), breaks(/without a valid :status/)),
  row("101", sends(bare("101")), breaks(/another protocol/)),
  row("a field in capitals", sends(answers(["X-A", "b"]), END), breaks(/does not allow/)),
  row("a body before the head", sends(END), breaks(/DATA before HEADERS/)),
  row(
    "a body past its length",
    sends(answers(["content-length", "1"]), END),
    breaks(/a body of 2 bytes for a length of 1/, "body"),
  ),
  row(
    "a body short of its length",
    sends(answers(["content-length", "9"]), END),
    breaks(/a body of 2 bytes for a length of 9/, "body"),
  ),
  row(
    "a frame longer than allowed",
    sends(START, frame("data", KB.repeat(20))),
    breaks(/longer than HTTP\/2 allows/, "body"),
  ),
  row(
    "HPACK that is none",
    sends(frame("headers", new Uint8Array(9).fill(0xff), { flags: ["done"] })),
    breaks(/not valid HPACK/),
  ),
  row(
    "settings that are wrong",
    sends(frame("settings", "abc", { stream: 0 })),
    breaks(/malformed SETTINGS/),
  ),
  row("a stream that nobody opened", sends(frame("data", "ok", { stream: 7 })), breaks(/stream 7/)),
  row("a pushed answer", sends(frame("push", words(2), { flags: ["done"] })), breaks(/pushed/)),
  row(
    "HTTP/1.1",
    sends("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
    breaks(/longer than HTTP\/2 allows/),
  ),
];

/** The static table's `:status 200`, one byte a field (RFC 7541 section 6.1). */
const STATUS = new Uint8Array([0x80 | 8]);
/** A block of DEFLATE that makes a MiB of zeros. */
const zeros = () => deflateRawSync(new Uint8Array(1024 * 1024), { finishFlush: 3 });

const FLOODS: Row[] = [
  row("500 fields", sends(answers(...Array(500).fill(["x-a", "b"])), END), IS_OK),
  row("2,000 fields", sends(answers(...Array(2_000).fill(["x-a", "b"])), END), TOO_MUCH),
  row(
    "fields in their codes", // RFC 7541 sections 6.1 and 5.2
    sends(
      frame("headers", Buffer.concat([STATUS, indexed("x-a", "b"), Buffer.of(0x80 | 62, 0x80 | 62)]), {
        flags: ["done"],
      }),
      END,
    ),
    IS_OK,
  ),
  row("10 kB in one field", sends(answers(["x-a", KB.repeat(10)]), END), IS_OK),
  row(
    "100 kB in one field",
    sends(...split(block([[":status", "200"], ["x-a", KB.repeat(100)]])), END),
    TOO_MUCH,
  ),
  row(
    "fields by the static table",
    sends(
      frame("headers", Buffer.concat([STATUS, new Uint8Array(16_000).fill(0x80 | 16)]), { flags: ["done"] }),
    ),
    TOO_MUCH,
  ),
  row(
    "fields by a table that the server has filled", // RFC 7541 section 7.3
    sends(
      frame(
        "headers",
        Buffer.concat([STATUS, indexed("x-a", KB.repeat(3)), new Uint8Array(10_000).fill(0x80 | 62)]),
        { flags: ["done"] },
      ),
    ),
    TOO_MUCH,
  ),
  row(
    "a head without end",
    moves({ send: frame("headers", block([[":status", "200"]])) }, {
      flood: frame("continuation", block([["x-a", KB]])),
    }),
    TOO_MUCH,
  ),
  row(
    "a head of nothing without end",
    moves({ send: frame("headers", block([[":status", "200"]])) }, { flood: frame("continuation") }),
    TOO_MUCH,
  ),
  row("a body without end", moves({ send: START }, { flood: frame("data", KB) }), IS_CUT),
  row("pieces of one byte without end", moves({ send: START }, { flood: frame("data", "a") }), TOO_MUCH),
  row("pieces of nothing without end", moves({ send: START }, { flood: frame("data") }), TOO_MUCH),
  row(
    "gzip without end",
    (visit) =>
      moves({ send: answers(["content-encoding", "gzip"]) }, {
        send: frame("data", new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])),
      }, {
        flood: frame("data", zeros()),
      })(visit),
    IS_CUT,
  ),
  row("pings without end", moves({ flood: frame("ping", "12345678", { stream: 0 }) }), TOO_MUCH),
  row(
    "settings without end",
    moves({ flood: frame("settings", setting(4, 65_535), { stream: 0 }) }),
    TOO_MUCH,
  ),
  row("windows without end", moves({ flood: frame("window", words(1), { stream: 0 }) }), TOO_MUCH),
  row("priorities without end", moves({ flood: frame("priority", "\0\0\0\0\x10") }), TOO_MUCH),
  row("frames of no known kind without end", moves({ flood: frame("unknown", KB) }), TOO_MUCH),
  row(
    "103 without end",
    moves({ flood: headers([[":status", "103"], ["link", "</a>"]]) }),
    breaks(/1xx more than/),
  ),
  row(
    "trailers without end",
    moves({ send: START }, { send: frame("data", "ok") }, {
      send: frame("headers", block([["x-a", "b"]]), { flags: ["end"] }),
    }, {
      flood: frame("continuation", block([["x-a", KB]])),
    }),
    TOO_MUCH,
  ),
  row(
    "pings in the body without end",
    moves({ send: START }, { flood: frame("ping", "12345678", { stream: 0 }) }),
    TOO_MUCH,
  ),
];

/** A head in as many frames as it needs. */
function split(bytes: Uint8Array): Uint8Array[] {
  const at = Array.from({ length: Math.ceil(bytes.length / 16_000) }, (_, i) => i * 16_000);
  return at.map((start, i) => {
    const flags = start + 16_000 >= bytes.length ? ["done" as const] : [];
    return frame(i === 0 ? "headers" : "continuation", bytes.subarray(start, start + 16_000), { flags });
  });
}

/** See the file's head. */
export const HTTP2_ROWS: Row[] = [...ANSWERED, ...UNANSWERED, ...WRONG, ...FLOODS];
