/** Connections: methods on first and kept ones, ends and resets at each stage, handshakes and certificates. */
import type { Move } from "./play.ts";
import { breaks, head, IS_LATE, IS_OK, OK, type Row, sends } from "./row.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const bodyOf = (method: string) => /^P/.test(method) ? { body: "a=1" } : {};
const GONE = /EPIPE|broken pipe|closed|reset|hang up|end|terminated|disconnect|lost/i;
const RST: Move[] = [{ waitMs: 50 }, { end: "rst" }];
const FIN: Move[] = [{ end: "fin" }];
/** A reset takes with it what the client has not read yet. */
const orNothing = (reason: "network" | "body") => breaks(GONE, [reason, "network"]);
const PAIRS = [undefined, "plain"];
const on = (kept: string | undefined) => kept ? "on a kept connection" : "on a new connection";

const ANSWERED: Row[] = METHODS.flatMap((method) =>
  PAIRS.map((kept) => {
    const text = method === "HEAD" ? "" : "ok";
    return {
      ...bodyOf(method),
      name: `${method} ${on(kept)}`,
      method,
      kept,
      play: method === "HEAD" ? sends(head("HTTP/1.1 200 OK", "content-length: 2")) : sends(OK),
      deno: { status: 200, text },
    };
  })
);

const SILENT: Row[] = METHODS.flatMap((method) =>
  PAIRS.map((kept) => ({
    ...bodyOf(method),
    name: `${method} never answered, ${on(kept)}`,
    method,
    kept,
    play: () => [],
    deno: IS_LATE,
  }))
);

/** RFC 9110 section 9.2.2 would let PUT and DELETE be repeated too; a prober repeats only what changes nothing. */
const REPEATED = new Set(["GET", "HEAD", "OPTIONS"]);

const RACES: Row[] = METHODS.flatMap((method) => {
  const race = { ...bodyOf(method), method, kept: "plain", seen: REPEATED.has(method) ? 2 : 1 };
  const answer = method === "HEAD" ? head("HTTP/1.1 200 OK", "content-length: 2") : OK;
  const gone = breaks(GONE);
  return [
    {
      ...race,
      name: `${method} on a kept connection that is reset`,
      play: ({ turn }) => turn > 1 ? RST : [{ send: answer }],
      deno: REPEATED.has(method) ? { status: 200, requests: 2 } : gone,
      workerd: gone,
    },
    {
      ...race,
      name: `${method} on a kept connection that is ended`,
      play: ({ turn }) => turn > 1 ? FIN : [{ send: answer }],
      deno: REPEATED.has(method) ? { status: 200, requests: 2 } : gone,
      workerd: gone,
    },
    { ...race, name: `${method} reset, and again reset`, play: () => RST, deno: gone },
  ] satisfies Row[];
});

const KEPT: Row[] = [
  { name: "answer, then the end", play: () => [{ send: OK }, ...FIN], deno: IS_OK },
  {
    name: "answer that says close, and does not",
    play: sends(`${head("HTTP/1.1 200 OK", "connection: close", "content-length: 2")}ok`),
    deno: IS_OK,
  },
  {
    name: "answer, then a reset",
    play: () => [{ send: OK }, { waitMs: 1_000 }, { end: "rst" }],
    deno: IS_OK,
  },
  ...[
    "answer that says close, and does not",
    "bytes after the answer",
    "HTTP/1.0 until the end",
    "shorter than there is",
    "a MiB with its length",
  ]
    .map((kept) => ({
      name: `POST after: ${kept}`,
      method: "POST",
      body: "a",
      kept,
      play: sends(OK),
      deno: IS_OK,
    })),
  {
    name: "silence in the body, on a kept connection",
    kept: "plain",
    play: sends(`${head("HTTP/1.1 200 OK", "content-length: 9")}ok`),
    deno: IS_LATE,
  },
  {
    name: "reset in the body, on a kept connection",
    kept: "plain",
    play: () => [{ send: `${head("HTTP/1.1 200 OK", "content-length: 9")}ok` }, ...RST],
    deno: orNothing("body"),
  },
  {
    name: "reset in the head, on a kept connection",
    kept: "plain",
    play: () => [{ send: "HTTP/1.1 200 OK\r\nx-a" }, ...RST],
    deno: breaks(GONE),
  },
  {
    name: "401 before the body is read",
    method: "POST",
    body: "a".repeat(300_000),
    early: true,
    play: () => [{ send: head("HTTP/1.1 401 Unauthorized", "connection: close", "content-length: 0") }],
    deno: { status: 401, text: "" },
  },
];

/** The stage, what has been sent by then, and how far the exchange is. */
const STAGES: [string, string, "network" | "body"][] = [
  ["before the answer", "", "network"],
  ["in the status line", "HTTP/1.1 20", "network"],
  ["in the head", "HTTP/1.1 200 OK\r\nx-a: b", "network"],
  ["after the head", head("HTTP/1.1 200 OK", "content-length: 9"), "body"],
  ["in the body", `${head("HTTP/1.1 200 OK", "content-length: 9")}ok`, "body"],
  ["in a chunk's size", `${head("HTTP/1.1 200 OK", "transfer-encoding: chunked")}2`, "body"],
  ["in a chunk", `${head("HTTP/1.1 200 OK", "transfer-encoding: chunked")}9\r\nok`, "body"],
  ["before the last chunk", `${head("HTTP/1.1 200 OK", "transfer-encoding: chunked")}2\r\nok\r\n`, "body"],
];

const BROKEN: Row[] = STAGES.flatMap(([stage, sent, reason]) => [
  {
    name: `reset ${stage}`,
    play: () => [{ send: sent }, ...RST],
    deno: orNothing(reason),
  },
  {
    name: `ended ${stage}`,
    play: () => [{ send: sent }, ...FIN],
    deno: breaks(GONE, reason),
  },
]);

const LATE: Row[] = [
  { name: "late, but in time", play: () => [{ waitMs: 100 }, { send: OK }], deno: IS_OK },
  {
    name: "body late, but in time",
    play: () => [{ send: OK.slice(0, -2) }, { waitMs: 100 }, { send: "ok" }],
    deno: IS_OK,
  },
  { name: "too late", play: () => [{ waitMs: 2_000 }, { send: OK }], deno: IS_LATE },
  { name: "silence in the status line", play: sends("HTTP/1.1 20"), deno: IS_LATE },
  {
    name: "silence in the head",
    play: sends("HTTP/1.1 200 OK\r\nx-a: b\r\n"),
    deno: IS_LATE,
  },
  {
    name: "silence after the head",
    play: sends(head("HTTP/1.1 200 OK", "content-length: 9")),
    deno: IS_LATE,
  },
];

const CERTIFICATE = /certificate|self-signed|issuer|expired|altname|CERT/i;
const HANDSHAKE =
  /EPIPE|tls|ssl|alert|handshake|InvalidContentType|corrupt|decode|closed|reset|end|disconnect|wrong version|record/i;

const DOORS: Row[] = [
  {
    name: "nobody listens",
    door: "closed",
    seen: 0,
    deno: breaks(/refused/i),
  },
  { name: "silent from the first", door: "silent", seen: 0, deno: IS_LATE },
  { name: "reset at once", door: "reset at once", seen: 0, deno: breaks(GONE) },
  { name: "ended at once", door: "end at once", seen: 0, deno: breaks(GONE) },
  { name: "noise", door: "noise", seen: 0, deno: breaks(/.+/) },
  ...([
    ["handshake that takes its time", "unhurried handshake", IS_OK],
    ["handshake, a byte at a time", "crawling handshake", IS_LATE],
    ["reset in the handshake", "reset in the handshake", breaks(HANDSHAKE)],
    ["alert in the handshake", "alert", breaks(HANDSHAKE)],
    ["plain text in the handshake", "plain text", breaks(HANDSHAKE)],
    ["certificate signed by itself", "self-signed", breaks(CERTIFICATE)],
    ["certificate that has expired", "expired", breaks(/expired/i)],
    ["certificate of another name", "wrong name", breaks(/altname|name/i)],
  ] as const).map(([name, door, deno]): Row => ({
    name,
    door,
    schemes: ["https"],
    seen: "status" in deno ? 1 : 0,
    deno,
  })),
  {
    name: "TLS where plain text is asked for",
    door: "https",
    schemes: ["http"],
    seen: 0,
    deno: breaks(/.+/),
  },
];

/** See the file's head. */
export const CONNECTION: Row[] = [...ANSWERED, ...SILENT, ...RACES, ...KEPT, ...BROKEN, ...LATE, ...DOORS];
