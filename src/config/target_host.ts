const DEFAULT_PORTS: Record<string, string> = { http: "80", https: "443" };

/**
 * Host and port of a target's URL, in lower case. A URL that is a reference is returned as it is, in lower
 * case.
 */
export function targetHost(url: string): string {
  const [, scheme = "", host = url] = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? [];
  const usual = `:${DEFAULT_PORTS[scheme.toLowerCase()]}`;
  return (host.endsWith(usual) ? host.slice(0, -usual.length) : host).toLowerCase();
}
