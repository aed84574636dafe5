/**
 * Where a URL begins: a scheme and two slashes, or one of the schemes that need none (URL standard, "special"). It goes on to the
 * next space, because what a runtime prints of a parsed URL holds none.
 */
const PRINTED = /(?:[a-z][a-z0-9+.-]{0,30}:[\\/]{2}|\b(?:https?|wss?):(?=\S))\S*/gi;
/** What a sentence may put behind a URL. */
const BEHIND = /["'`)\]}>.,:;]{0,4}$/;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
/** What follows is a text that was no URL: it may hold spaces, so its end is unknown. */
const UNPARSED = /\b(invalid url|parse url)\b.*/is;

/** The message of anything thrown, causes included, URLs cut to their origin, on one line of at most 300 characters. */
export function messageOf(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error, depth = 0; e !== undefined && depth < 4; depth++) {
    const text = e instanceof Error ? e.message : String(e);
    parts.push(text.replace(UNPARSED, "$1").replace(PRINTED, origin));
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join(": ").replace(/\s+/g, " ").slice(0, 300);
}

/** Scheme and host of a URL, and the punctuation behind it: all else may hold a secret. */
function origin(printed: string): string {
  const most = BEHIND.exec(printed)![0].length;
  // A bracket behind it may as well be the end of an IPv6 address.
  for (let behind = most; behind >= 0; behind--) {
    const end = printed.length - behind;
    const url = URL.parse(printed.slice(0, end));
    if (url && HOST.test(url.hostname)) return `${url.protocol}//${url.host}${printed.slice(end)}`;
  }
  return `${printed.slice(0, printed.indexOf(":"))}://***`;
}
