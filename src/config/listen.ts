/** Where the API listens: a port on all IPv4 addresses, one address, or a Unix socket. */
export type ListenAddress = number | { host: string; port: number } | { path: string };

/** `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/assay.sock`. */
export const LISTEN = /^(?:(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}|unix:\/.+)$/;

/** Parses `listen`; a text must match {@linkcode LISTEN}. */
export function readListen(listen: number | string): ListenAddress {
  if (typeof listen === "number") return listen;
  if (listen.startsWith("unix:")) return { path: listen.slice("unix:".length) };
  const at = listen.lastIndexOf(":");
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(listen.slice(at + 1)) };
}
