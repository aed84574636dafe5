import type { Fetch, Secrets, TlsSettings } from "../../base/ports.ts";

/** A fetch that asks the origin of `baseUrl` with these settings, and any other without: a key is nobody else's business. */
export function withTls(
  fetch: Fetch,
  tls: TlsSettings | undefined,
  { baseUrl, secrets }: { baseUrl: string; secrets: Secrets },
): Fetch {
  if (!tls) return fetch;
  const own = URL.parse(baseUrl)?.origin;
  const revealed = Object.fromEntries(
    Object.entries(tls).map((
      [name, value],
    ) => [name, typeof value === "string" ? secrets.reveal(value) : value]),
  );
  return (url, outgoing) => fetch(url, url.origin === own ? { ...outgoing, tls: revealed } : outgoing);
}
