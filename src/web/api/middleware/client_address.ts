import type { Context } from "hono";
import ipaddr from "ipaddr.js";

/** What a runtime hands to the app beside a request. */
export interface Peer {
  /** Address of the other end as the runtime knows it; absent: the request comes from inside this deployment. */
  client?: string;
}

const LONGEST = 64;

/**
 * Whom a request counts for: an IPv4 address, or the /64 of an IPv6 one, which is the least that one site gets (RFC 6177).
 * Behind `proxies` reverse proxies it is what the outermost of them saw: X-Forwarded-For counted from its end, because only
 * what the proxies appended is true.
 */
export function clientAddress(c: Context, proxies: number): string | undefined {
  const { client } = (c.env ?? {}) as Peer;
  if (proxies === 0 || client === undefined) return client && network(client);
  const chain = (c.req.header("x-forwarded-for") ?? "").split(",").map((address) => address.trim());
  return network(chain.at(-proxies) || client);
}

function network(address: string): string {
  if (/^[\d.]{1,15}$/.test(address)) return address;
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  if (!ipaddr.isValid(bare)) return address.slice(0, LONGEST);
  const parsed = ipaddr.parse(bare);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toString()
    : parsed.parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}
