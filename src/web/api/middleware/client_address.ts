import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import { isAddressIn, isPrivateAddress } from "../../../base/http/guard.ts";
import type { ApiConfig } from "../../../config/api.ts";

/** What a runtime hands to the app beside a request. */
export interface Peer {
  /** Address of the other end as the runtime knows it; absent: the request comes from inside this deployment. */
  client?: string;
}

const LONGEST = 64;

/** What decides whom a request comes from. */
export type ProxyConfig = Pick<ApiConfig, "proxies" | "trustedProxies">;

const peerOf = (c: Context) => (c.env ?? {}) as Peer;

/**
 * How many reverse proxies this request came through. None if its other end is no proxy of ours: a direct client may write
 * any X-Forwarded- header. Ours stand at `trustedProxies`, else where no client of the internet comes from.
 */
export function proxiesOf(c: Context, { proxies, trustedProxies }: ProxyConfig): number {
  const { client } = peerOf(c);
  if (proxies === 0 || client === undefined) return proxies;
  const isOurs = trustedProxies ? isAddressIn(client, trustedProxies) : isPrivateAddress(client);
  return isOurs ? proxies : 0;
}

/**
 * Whom a request counts for: an IPv4 address, or the /64 of an IPv6 one, which is the least that one site gets (RFC 6177).
 * Behind reverse proxies it is what the outermost of them saw: X-Forwarded-For counted from its end, because only what the
 * proxies appended is true.
 */
export function clientAddress(c: Context, config: ProxyConfig): string | undefined {
  const { client } = peerOf(c);
  const proxies = proxiesOf(c, config);
  if (proxies === 0 || client === undefined) return client && networkOf(client);
  const chain = (c.req.header("x-forwarded-for") ?? "").split(",").map((address) => address.trim());
  return networkOf(chain.at(-proxies) || client);
}

/** The part of an address that a request counts for. */
export function networkOf(address: string): string {
  if (/^[\d.]{1,15}$/.test(address)) return address;
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  if (!ipaddr.isValid(bare)) return address.slice(0, LONGEST);
  const parsed = ipaddr.parse(bare);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toString()
    : parsed.parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}
