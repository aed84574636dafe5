import type { Fetch, Ports, Secrets, TlsSettings } from "../../base/ports.ts";
import { hostOf } from "../../base/http/guard.ts";

/** The ports that reach a target. */
export type Senders = Pick<Ports, "fetch" | "dial" | "openWebSocket">;

/**
 * The senders with these TLS settings for the origin or host of `baseUrl`, and without them for any other: a
 * client key is only used with its own target.
 */
export function withTls(
  senders: Senders,
  tls: TlsSettings | undefined,
  { baseUrl, secrets }: { baseUrl: string; secrets: Secrets },
): Senders {
  if (!tls) return senders;
  const own = URL.parse(baseUrl);
  const revealed = Object.fromEntries(
    Object.entries(tls).map((
      [name, value],
    ) => [name, typeof value === "string" ? secrets.reveal(value) : value]),
  );
  const { fetch, dial, openWebSocket } = senders;
  const asking: Fetch = (url, outgoing) =>
    fetch(url, url.origin === own?.origin ? { ...outgoing, tls: revealed } : outgoing);
  return {
    fetch: asking,
    openWebSocket: openWebSocket &&
      ((url, options) =>
        openWebSocket(url, url.origin === own?.origin ? { ...options, tls: revealed } : options)),
    dial: dial &&
      ((to, options) =>
        dial(
          to,
          own && to.host === hostOf(own) ? { ...options, tls: { ...revealed, ...options.tls } } : options,
        )),
  };
}
