/** A host and port as a URL (`tcp://db.example:5432`), in whose form hosts are compared and guarded; null: they make none. */
export function endpointUrl(scheme: string, host: string, port: number): URL | null {
  const bare = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  // As a special scheme it is normalized: 0x7f.1 is 127.0.0.1.
  const url = URL.parse(`http://${bare}:${port}/`);
  if (!url || url.pathname !== "/" || url.search || url.hash || url.username || url.password) return null;
  if (/[/?#@\\]/.test(host)) return null;
  return URL.parse(`${scheme}://${url.hostname}:${port}`);
}
