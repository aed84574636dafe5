/** Content codings (RFC 9110 section 8.4), right, wrong, empty and too large. */
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import type { Play } from "./play.ts";
import { breaks, type Expected, head, IS_OK, type Row, sends } from "./row.ts";

const OK = Buffer.from("ok");
const MIB = 1024 * 1024;

/** Coded when first asked for: a runtime that only reads the table need not know the coding. */
const coded = (coding: string, code: () => Uint8Array): Play => {
  return (visit) => {
    const body = code();
    return sends(
      head("HTTP/1.1 200 OK", `content-encoding: ${coding}`, `content-length: ${body.byteLength}`),
      body,
    )(visit);
  };
};

const IS_UNDECODED: Expected = { status: 200 };

/** workerd undoes gzip and br in small letters, one of them; all else it leaves as it is. */
const row = (name: string, coding: string, code: () => Uint8Array, onWorkerd = true): Row => ({
  name,
  play: coded(coding, code),
  deno: IS_OK,
  workerd: onWorkerd ? undefined : IS_UNDECODED,
});

const RIGHT: Row[] = [
  row("gzip", "gzip", () => gzipSync(OK)),
  row("gzip by its old name", "x-gzip", () => gzipSync(OK), false),
  row("gzip in capitals", "GZIP", () => gzipSync(OK), false),
  row("deflate", "deflate", () => deflateSync(OK), false),
  row("deflate, raw", "deflate", () => deflateRawSync(OK), false),
  row("br", "br", () => brotliCompressSync(OK)),
  row("zstd", "zstd", () => zstdCompressSync(OK), false),
  row("identity", "identity", () => OK),
  row("gzip, then br", "gzip, br", () => brotliCompressSync(gzipSync(OK)), false),
  row("three codings", "deflate, gzip, br", () => brotliCompressSync(gzipSync(deflateSync(OK))), false),
  row("gzip in two members", "gzip", () => Buffer.concat([gzipSync("o"), gzipSync("k")])),
  row("no coding of that name", "x-own", () => OK),
  row("coding without a name", "", () => OK),
];

const EMPTY: Row[] = ["gzip", "deflate", "br", "zstd"].flatMap((coding) => [
  {
    name: `${coding} of nothing at all`,
    play: coded(coding, () => new Uint8Array()),
    deno: { status: 200, text: "" },
    workerd: coding === "gzip" || coding === "br" ? breaks(/ended prematurely/, "body") : undefined,
  },
  {
    name: `HEAD with ${coding}`,
    method: "HEAD",
    play: sends(head("HTTP/1.1 200 OK", `content-encoding: ${coding}`, "content-length: 99")),
    deno: { status: 200, text: "" },
  },
]);

const BODILESS: Row[] = [
  ["204 with gzip", 204],
  ["304 with gzip", 304],
].map(([name, status]) => ({
  name: String(name),
  play: sends(head(`HTTP/1.1 ${status} None`, "content-encoding: gzip")),
  deno: { status: Number(status), text: "" },
}));

const WRONG_CODING = /ERR_ERROR_FORMAT|incorrect|invalid|unexpected|corrupt|decod|decompress|coding/i;

const WRONG: Row[] = [
  { name: "gzip that is text", play: coded("gzip", () => OK), deno: breaks(WRONG_CODING, "body") },
  {
    name: "gzip cut off",
    play: coded("gzip", () => gzipSync("ok".repeat(99)).subarray(0, 15)),
    deno: breaks(WRONG_CODING, "body"),
  },
  {
    name: "br that is text",
    play: coded("br", () => Buffer.from("plain text, really")),
    deno: breaks(WRONG_CODING, "body"),
  },
  {
    name: "zstd that is text",
    play: coded("zstd", () => OK),
    deno: breaks(WRONG_CODING, "body"),
    workerd: IS_OK,
  },
  {
    name: "20 codings",
    play: coded(
      Array(20).fill("gzip").join(", "),
      () => Array(20).fill(gzipSync).reduce((body, code) => code(body), OK),
    ),
    deno: breaks(/coding/i, "body"),
    workerd: IS_UNDECODED,
  },
];

const IS_CUT = { status: 200, truncated: true } as const;
const GZIP_HEAD = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
/** A block of DEFLATE that makes a MiB of zeros, after which any other may stand. */
const zeros = () => deflateRawSync(new Uint8Array(MIB), { finishFlush: constants.Z_FULL_FLUSH });
const bomb = (coding: string, code: (body: Uint8Array) => Uint8Array, workerd?: Expected): Row => ({
  name: `32 MiB in ${coding}`,
  play: coded(coding, () => code(new Uint8Array(32 * MIB))),
  deno: IS_CUT,
  workerd,
});

const BOMBS: Row[] = [
  bomb("gzip", (body) => gzipSync(body, { level: 1 })),
  bomb("deflate", (body) => deflateSync(body, { level: 1 })),
  bomb("br", (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  bomb("zstd", (body) => zstdCompressSync(body), IS_UNDECODED),
  bomb("gzip, gzip", (body) => gzipSync(gzipSync(body, { level: 1 })), IS_UNDECODED),
  {
    name: "a GiB in gzip",
    play: () => [
      { send: head("HTTP/1.1 200 OK", "content-encoding: gzip") },
      { send: GZIP_HEAD },
      { flood: zeros(), times: 1024 },
      { end: "fin" },
    ],
    deno: IS_CUT,
  },
  {
    name: "gzip without end",
    play: () => [{ send: head("HTTP/1.1 200 OK", "content-encoding: gzip") }, { send: GZIP_HEAD }, {
      flood: zeros(),
    }],
    deno: IS_CUT,
  },
];

/** See the file's head. */
export const CODING: Row[] = [...RIGHT, ...EMPTY, ...BODILESS, ...WRONG, ...BOMBS];
