/**
 * A URL in a message: a scheme and two slashes, or a special scheme (URL standard), which needs none, up to
 * the next space. A printed URL contains no space.
 */
const PRINTED = /(?:[a-z][a-z0-9+.-]{0,30}:[\\/]{2}|\b(?:https?|wss?):(?=\S))\S*/gi;
/** Punctuation that may follow a URL in a sentence. */
const BEHIND = /["'`)\]}>.,:;]{0,4}$/;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
/** Precedes a text that failed to parse as a URL. It may contain spaces, so its end is unknown. */
const UNPARSED = /\b(invalid url|parse url)\b.*/is;

/**
 * The message of anything thrown, causes included, on one line of at most 300 characters. URLs are cut to
 * their origin.
 */
export function messageOf(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error, depth = 0; e !== undefined && depth < 4; depth++) {
    const text = e instanceof Error ? e.message : String(e);
    parts.push(text.replace(UNPARSED, "$1").replace(PRINTED, origin));
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join(": ").replace(/\s+/g, " ").slice(0, 300);
}

/** The scheme and host of a URL and the punctuation after it: everything else may contain secrets. */
function origin(printed: string): string {
  const most = BEHIND.exec(printed)![0].length;
  // A trailing bracket may also end an IPv6 address.
  for (let behind = most; behind >= 0; behind--) {
    const end = printed.length - behind;
    const url = URL.parse(printed.slice(0, end));
    if (url && HOST.test(url.hostname)) return `${url.protocol}//${url.host}${printed.slice(end)}`;
  }
  return `${printed.slice(0, printed.indexOf(":"))}://***`;
}
