/** Heads, lengths and chunks that are odd or wrong (RFC 9112). */
import { breaks, head, IS_LATE, IS_LOST, IS_OK, OK, type Row, sends } from "./row.ts";

const LENGTH = "content-length: 2";
const CHUNKED = "transfer-encoding: chunked";
/** `lines` with a body of two bytes. */
const oddHead = (...lines: string[]) => sends(`${head("HTTP/1.1 200 OK", ...lines, LENGTH)}ok`);
const oddLine = (line: string) => sends(`${head(line, LENGTH)}ok`);
const chunks = (body: string) => sends(head("HTTP/1.1 200 OK", CHUNKED) + body);
/** The parser says what is wrong. */
const MALFORMED = /Invalid|Expected|Parse|Missing|malformed|Content-Length|parser/i;

const HEADS: Row[] = [
  { name: "plain", play: sends(OK), deno: IS_OK },
  { name: "head with bare line feeds", play: sends(OK.replaceAll("\r\n", "\n")), deno: IS_OK },
  {
    name: "status line with CR LF, fields with LF",
    play: sends("HTTP/1.1 200 OK\r\ncontent-length: 2\n\nok"),
    deno: IS_OK,
  },
  { name: "field folded over two lines", play: oddHead("x-long: a", "  b"), deno: IS_OK, workerd: IS_LOST },
  { name: "space before the colon", play: oddHead("x-odd : a"), deno: breaks(MALFORMED) },
  { name: "space in a field name", play: oddHead("x odd: a"), deno: breaks(MALFORMED) },
  { name: "field without a colon", play: oddHead("nonsense"), deno: breaks(MALFORMED) },
  { name: "control character in a value", play: oddHead("x-odd: a\x01b"), deno: IS_OK },
  { name: "NUL in a value", play: oddHead("x-odd: a\0b"), deno: IS_OK, workerd: IS_LOST },
  { name: "UTF-8 in a value", play: oddHead("x-name: café"), deno: IS_OK },
  {
    name: "Latin-1 in a value",
    play: sends(Buffer.from(head("HTTP/1.1 200 OK", "x-name: caf\xe9", LENGTH) + "ok", "latin1")),
    deno: IS_OK,
  },
  { name: "empty value", play: oddHead("x-empty:"), deno: IS_OK },
  { name: "field twice", play: oddHead("x-a: 1", "X-A: 2"), deno: IS_OK },
  { name: "no reason phrase", play: oddLine("HTTP/1.1 200"), deno: IS_OK },
  { name: "reason phrase in UTF-8", play: oddLine("HTTP/1.1 200 добро"), deno: IS_OK },
  {
    name: "HTTP/1.0 until the end",
    play: () => [{ send: `${head("HTTP/1.0 200 OK")}ok` }, { end: "fin" }],
    deno: IS_OK,
  },
  { name: "HTTP/1.2", play: oddLine("HTTP/1.2 200 OK"), deno: IS_OK, workerd: IS_LOST },
  {
    name: "HTTP/0.9",
    play: () => [{ send: "ok" }, { end: "fin" }],
    deno: breaks(/closed|Expected|Parse|Invalid|parser/i),
  },
  { name: "a line of HTTP/2 in text", play: oddLine("HTTP/2 200 OK"), deno: breaks(MALFORMED) },
  { name: "ICY", play: oddLine("ICY 200 OK"), deno: breaks(MALFORMED) },
  { name: "empty lines before the status", play: sends(`\r\n\r\n${OK}`), deno: IS_OK },
  { name: "byte by byte", play: () => [{ drip: OK }], deno: IS_OK },
  {
    name: "upgrade offered with 200",
    play: oddHead("connection: upgrade", "upgrade: h2c"),
    deno: IS_OK,
  },
  { name: "bytes after the answer", play: sends(`${OK}and more`), deno: IS_OK },
  { name: "two answers to one request", play: sends(OK + OK.replace("ok", "no")), deno: IS_OK },
  { name: "nonsense", play: sends("\x16\x03\x01 what?\r\n\r\n"), deno: breaks(MALFORMED) },
];

const LENGTHS: Row[] = [
  {
    name: "length beside chunks",
    play: sends(head("HTTP/1.1 200 OK", CHUNKED, LENGTH) + "2\r\nok\r\n0\r\n\r\n"),
    deno: IS_OK,
  },
  {
    name: "chunks beside a length",
    play: sends(head("HTTP/1.1 200 OK", "content-length: 400", CHUNKED) + "2\r\nok\r\n0\r\n\r\n"),
    deno: IS_OK,
  },
  { name: "length twice, the same", play: oddHead(LENGTH), deno: breaks(MALFORMED), workerd: IS_OK },
  { name: "two lengths", play: oddHead("content-length: 3"), deno: breaks(MALFORMED) },
  {
    name: "length in words",
    play: sends(`${head("HTTP/1.1 200 OK", "content-length: two")}ok`),
    deno: breaks(MALFORMED),
  },
  {
    name: "length below zero",
    play: sends(`${head("HTTP/1.1 200 OK", "content-length: -2")}ok`),
    deno: breaks(MALFORMED),
  },
  {
    name: "length past 64 bits",
    play: sends(`${head("HTTP/1.1 200 OK", `content-length: ${"9".repeat(30)}`)}ok`),
    deno: breaks(MALFORMED),
  },
  {
    name: "longer than there is, then the end",
    play: () => [{ send: `${head("HTTP/1.1 200 OK", "content-length: 500")}ok` }, { end: "fin" }],
    deno: breaks(/closed|end|terminated|length|content/i, "body"),
  },
  {
    name: "longer than there is, then silence",
    play: sends(`${head("HTTP/1.1 200 OK", "content-length: 500")}ok`),
    deno: IS_LATE,
  },
  {
    name: "shorter than there is",
    play: sends(`${head("HTTP/1.1 200 OK", LENGTH)}okay`),
    deno: IS_OK,
  },
  {
    name: "length zero",
    play: sends(head("HTTP/1.1 200 OK", "content-length: 0")),
    deno: { status: 200, text: "" },
  },
  {
    name: "no length, to the end",
    play: () => [{ send: `${head("HTTP/1.1 200 OK")}ok` }, { end: "fin" }],
    deno: IS_OK,
  },
  {
    name: "no length, then silence",
    play: sends(`${head("HTTP/1.1 200 OK")}ok`),
    deno: IS_LATE,
  },
  {
    name: "204 with a length of zero",
    play: sends(head("HTTP/1.1 204 No Content", "content-length: 0")),
    deno: { status: 204, text: "" },
  },
  {
    name: "204 with a length",
    play: sends(head("HTTP/1.1 204 No Content", LENGTH)),
    deno: { status: 204, text: "" },
  },
  {
    name: "204 with a body",
    play: sends(`${head("HTTP/1.1 204 No Content", LENGTH)}ok`),
    deno: { status: 204, text: "" },
  },
  {
    name: "304 with a length",
    play: sends(head("HTTP/1.1 304 Not Modified", "content-length: 999")),
    deno: { status: 304, text: "" },
  },
  {
    name: "205 with a length of zero",
    play: sends(head("HTTP/1.1 205 Reset Content", "content-length: 0")),
    deno: { status: 205, text: "" },
  },
  {
    name: "HEAD with a length",
    method: "HEAD",
    play: sends(head("HTTP/1.1 200 OK", "content-length: 999")),
    deno: { status: 200, text: "" },
  },
  {
    name: "HEAD with chunks announced",
    method: "HEAD",
    play: sends(head("HTTP/1.1 200 OK", CHUNKED)),
    deno: { status: 200, text: "" },
  },
];

const CHUNKS: Row[] = [
  { name: "chunks", play: chunks("1\r\no\r\n1\r\nk\r\n0\r\n\r\n"), deno: IS_OK },
  {
    name: "chunk with an extension",
    play: chunks('2;name="a b"\r\nok\r\n0;last\r\n\r\n'),
    deno: IS_OK,
  },
  { name: "trailers", play: chunks("2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n"), deno: IS_OK },
  {
    name: "no chunk but the last",
    play: chunks("0\r\n\r\n"),
    deno: { status: 200, text: "" },
  },
  {
    name: "coding named in capitals",
    play: sends(head("HTTP/1.1 200 OK", "Transfer-Encoding: Chunked") + "2\r\nok\r\n0\r\n\r\n"),
    deno: IS_OK,
  },
  {
    name: "coding identity beside a length: to the end", // RFC 9112 section 6.3
    play: () => [{ send: `${head("HTTP/1.1 200 OK", "transfer-encoding: identity", LENGTH)}ok` }, {
      end: "fin",
    }],
    deno: IS_OK,
  },
  { name: "space after a chunk's size", play: chunks("2  \r\nok\r\n0\r\n\r\n"), deno: IS_OK },
  {
    name: "zeros before a chunk's size",
    play: chunks("0002\r\nok\r\n000\r\n\r\n"),
    deno: IS_OK,
  },
  {
    name: "chunk's size in words",
    play: chunks("two\r\nok\r\n0\r\n\r\n"),
    deno: breaks(/Invalid|chunk|Parse|terminated|parser/i, "body"),
  },
  {
    name: "chunk's size below zero",
    play: chunks("-2\r\nok\r\n0\r\n\r\n"),
    deno: breaks(/Invalid|chunk|Parse|terminated|parser/i, "body"),
  },
  {
    name: "chunk's size past 64 bits",
    play: chunks(`1${"0".repeat(20)}\r\nok\r\n`),
    deno: breaks(/Invalid|chunk|Parse|overflow|terminated|parser/i, "body"),
  },
  {
    name: "chunk longer than its size",
    play: chunks("2\r\nokay\r\n0\r\n\r\n"),
    deno: breaks(/Invalid|chunk|Expected|Parse|terminated|parser/i, "body"),
  },
  {
    name: "chunks without an end, then the end",
    play: () => [...chunks("2\r\nok\r\n")({} as never), { end: "fin" }],
    deno: breaks(/closed|end|terminated|chunk/i, "body"),
  },
  {
    name: "chunks without an end, then silence",
    play: chunks("2\r\nok\r\n"),
    deno: IS_LATE,
  },
  {
    name: "10,000 chunks of one byte",
    play: () => [{ send: head("HTTP/1.1 200 OK", CHUNKED) }, { flood: "1\r\na\r\n", times: 10_000 }, {
      send: "0\r\n\r\n",
    }],
    deno: { status: 200, text: "a".repeat(10_000) },
  },
];

/** See the file's head. */
export const FRAMING: Row[] = [...HEADS, ...LENGTHS, ...CHUNKS];
