import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import { isAddressIn, isPrivateAddress } from "../../../base/http/guard.ts";
import type { ApiConfig } from "../../../config/api.ts";

/** What a runtime passes to the app along with a request. */
export interface Peer {
  /** Address of the peer as the runtime sees it; absent: the request comes from inside this deployment. */
  client?: string;
}

const MAX_CHARACTERS = 64;

/** The settings that determine a client's address. */
export type ProxyConfig = Pick<ApiConfig, "proxies" | "trustedProxies">;

const peerOf = (c: Context) => (c.env ?? {}) as Peer;

/**
 * How many of our reverse proxies this request came through: none if its peer is not one, because a direct
 * client can send any X-Forwarded- header. A peer is ours if it is in `trustedProxies` or, without that
 * setting, has a private address.
 */
export function proxiesOf(c: Context, { proxies, trustedProxies }: ProxyConfig): number {
  const { client } = peerOf(c);
  if (proxies === 0 || client === undefined) return proxies;
  const isOurs = trustedProxies ? isAddressIn(client, trustedProxies) : isPrivateAddress(client);
  return isOurs ? proxies : 0;
}

/**
 * The rate-limit key of a request: an IPv4 address, or the /64 of an IPv6 address, the least that one site
 * gets (RFC 6177). Behind reverse proxies it is the address that the outermost proxy saw: X-Forwarded-For
 * counted from its end, because only the entries that our proxies appended can be trusted.
 */
export function clientAddress(c: Context, config: ProxyConfig): string | undefined {
  const { client } = peerOf(c);
  const proxies = proxiesOf(c, config);
  if (proxies === 0 || client === undefined) return client && networkOf(client);
  const chain = (c.req.header("x-forwarded-for") ?? "").split(",").map((address) => address.trim());
  return networkOf(chain.at(-proxies) || client);
}

/** An IPv4 address, or the /64 of an IPv6 address; anything else is cut to 64 characters. */
export function networkOf(address: string): string {
  if (/^[\d.]{1,15}$/.test(address)) return address;
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  if (!ipaddr.isValid(bare)) return address.slice(0, MAX_CHARACTERS);
  const parsed = ipaddr.parse(bare);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return parsed.isIPv4MappedAddress()
    ? parsed.toIPv4Address().toString()
    : parsed.parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}
