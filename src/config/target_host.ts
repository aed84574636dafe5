const DEFAULT_PORTS: Record<string, string> = { http: "80", https: "443" };

/** The host and port of a target's URL, in lower case; a URL that is a secret stands for itself. */
export function targetHost(url: string): string {
  const [, scheme = "", host = url] = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? [];
  const usual = `:${DEFAULT_PORTS[scheme.toLowerCase()]}`;
  return (host.endsWith(usual) ? host.slice(0, -usual.length) : host).toLowerCase();
}
