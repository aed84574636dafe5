const MARKS: readonly [mark: number[], label: string][] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xfe, 0xff], "utf-16be"],
  [[0xff, 0xfe], "utf-16le"],
];

/** Frames of gRPC, gRPC-Web and Connect: kept byte for byte, one character per byte (`-text` is base64). */
const BINARY = /^application\/(grpc(?!-web-text)|connect\+|proto)/i;

/** A body as text. If not `isExact`, some bytes could not be decoded and became U+FFFD. */
export interface BodyText {
  text: string;
  isExact: boolean;
}

const utf8 = new TextDecoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** Reuses one decoder for UTF-8, the usual case. Throws a RangeError for an unknown label. */
const strictDecoder = (label: string) =>
  label === "utf-8" ? strictUtf8 : new TextDecoder(label, { fatal: true });

/**
 * Decodes a body by its byte order mark, else by the `charset` of its content type, else as UTF-8. Plain
 * `utf-16` without a mark is big-endian (RFC 2781, 4.3), unlike in the WHATWG's table. An unknown charset is
 * read as UTF-8 and is not exact.
 */
export function bodyText(bytes: Uint8Array, contentType: string | null): BodyText {
  if (BINARY.test(contentType ?? "")) {
    return { text: Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""), isExact: true };
  }
  const marked = MARKS.find(([mark]) => mark.every((byte, i) => bytes[i] === byte))?.[1];
  const charset = /charset\s*=\s*["']?([^\s;"']+)/i.exec(contentType ?? "")?.[1]?.toLowerCase();
  const label = marked ?? (charset === "utf-16" ? "utf-16be" : charset) ?? "utf-8";
  try {
    return { text: strictDecoder(label).decode(bytes), isExact: true };
  } catch (error) {
    // The label is unknown (RangeError), or the bytes do not match it.
    const decoder = error instanceof RangeError ? utf8 : new TextDecoder(label);
    return { text: decoder.decode(bytes), isExact: false };
  }
}
