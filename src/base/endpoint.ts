/**
 * A host and port as a URL (`tcp://db.example:5432`), the form in which hosts are compared and guarded; null:
 * invalid.
 */
export function endpointUrl(scheme: string, host: string, port: number): URL | null {
  const bare = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  // Parsed with a special scheme so that it is normalised: 0x7f.1 becomes 127.0.0.1.
  const url = URL.parse(`http://${bare}:${port}/`);
  if (!url || url.pathname !== "/" || url.search || url.hash || url.username || url.password) return null;
  if (/[/?#@\\]/.test(host)) return null;
  return URL.parse(`${scheme}://${url.hostname}:${port}`);
}
