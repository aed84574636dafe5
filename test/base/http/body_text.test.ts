import { expect, test } from "vitest";
import { bodyText } from "../../../src/base/http/body_text.ts";

const bytes = (hex: string) => Uint8Array.from(hex.split(" "), (byte) => parseInt(byte, 16));
const utf8 = (text: string) => new TextEncoder().encode(text);

const JSON_TYPE = "application/json";
const SERVED: [name: string, body: Uint8Array, type: string | null, text: string][] = [
  ["ISO-8859-1", bytes("63 61 66 e9"), "text/html; charset=iso-8859-1", "café"],
  ["ISO-8859-1 in quotes and capitals", bytes("63 61 66 e9"), 'text/html; Charset="ISO-8859-1"', "café"],
  ["GBK", bytes("c4 e3 ba c3"), "text/html; charset=gbk", "你好"],
  ["UTF-16 with its mark", bytes("ff fe 6f 00 6b 00"), `${JSON_TYPE}; charset=utf-16`, "ok"],
  [
    "UTF-16 without a mark: big-endian (RFC 2781, 4.3)",
    bytes("00 6f 00 6b"),
    "text/plain; charset=utf-16",
    "ok",
  ],
  ["UTF-16LE", bytes("6f 00 6b 00"), "text/plain; charset=utf-16le", "ok"],
  ["UTF-8 with a mark", bytes("ef bb bf 6f 6b"), JSON_TYPE, "ok"],
  ["a mark that contradicts the charset", bytes("fe ff 00 6f 00 6b"), "text/plain; charset=utf-8", "ok"],
  ["UTF-8 where nothing is said", utf8("grüße, 你好"), null, "grüße, 你好"],
  ["frames of gRPC: byte for byte", bytes("00 ff 80"), "application/grpc", "\x00\xff\x80"],
  ["nothing", utf8(""), JSON_TYPE, ""],
];

test.each(SERVED)("%s", (_name, body, type, text) => {
  expect(bodyText(body, type)).toEqual({ text, isExact: true });
});

const BROKEN: [name: string, body: Uint8Array, type: string | null, text: string][] = [
  ["bytes that are no UTF-8", bytes("6f ff 6b"), null, "o\ufffdk"],
  ["half a character of UTF-16", bytes("fe ff 00 6f 00"), null, "o\ufffd"],
  ["a charset that nobody knows", utf8("ok"), "text/plain; charset=klingon", "ok"],
];

test.each(BROKEN)("%s: something to look at, and not exact", (_name, body, type, text) => {
  expect(bodyText(body, type)).toEqual({ text, isExact: false });
});
