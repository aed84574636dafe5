import ipaddr from "ipaddr.js";
import { type Fetch, Refused } from "../ports.ts";
import { Cache } from "../cache.ts";
import type { Dial } from "../ports.ts";

/**
 * Ranges (named as in ipaddr.js) that `allowPrivate` opens. Link-local, where metadata services live, is not
 * among them.
 */
const PRIVATE = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"]);

/**
 * Metadata and platform services of clouds whose address looks harmless or private (the others are
 * link-local): Azure, Alibaba, AWS (instances, containers, DNS, time), Google, Oracle, Akamai, Scaleway.
 */
const METADATA = [
  "168.63.129.16/32",
  "100.100.100.200/32",
  "fd00:100::100:200/128",
  "fd00:ec2::/32",
  "fd20:ce::254/128",
  "fd00:c1::a9fe:a9fe/128",
  "fd00:a9fe:a9fe::1/128",
  "fd00:42::42/128",
].map(ipaddr.parseCIDR);

/**
 * Prefixes of NAT64 (RFC 6052 section 2.1, RFC 8215): requests to them reach the IPv4 address in the last 32
 * bits.
 */
const NAT64 = ["64:ff9b::/96", "64:ff9b:1::/48"].map(ipaddr.parseCIDR);

/**
 * All global unicast that IANA has assigned (RFC 4291 section 2.4); everything else, `::/96` included, is
 * special.
 */
const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3");

/** Names that never leave a machine or private network (RFC 6761, 6762, 7686, 8375, ICANN's `.internal`). */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".internal", ".home.arpa", ".onion"];

/** Names of metadata services that look public. */
const METADATA_NAMES = new Set(["metadata.google.internal", "metadata.goog"]);

/** Why `url` must not be requested, or null; never shows path, query or credentials. */
export function refusal(url: URL, allowPrivate: boolean): string | null {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `Cannot ask a URL with scheme ${url.protocol.slice(0, -1)}: only http and https are allowed`;
  }
  if (url.username || url.password) {
    return `Cannot ask ${url.host}: a URL must not hold a user name or password`;
  }
  return hostRefusal(hostOf(url), allowPrivate);
}

/** Why `host` (as in a parsed URL, IPv6 without brackets) must not be contacted, or null. */
export function hostRefusal(host: string, allowPrivate: boolean): string | null {
  if (!host) return "Cannot ask a URL without a host";
  return isAddress(host) ? addressRefusal(host, allowPrivate) : nameRefusal(host, allowPrivate);
}

/**
 * Whether a parsed URL's host is an address: only IPv6 has a colon, only IPv4 ends in a number (URL standard,
 * host parsing).
 */
export function isAddress(host: string): boolean {
  return host.includes(":") || /\d$/.test(host) && /^[\d.]+$/.test(host);
}

/** The host of `url` as DNS and sockets expect it: IPv6 without brackets. */
export function hostOf(url: URL): string {
  const host = url.hostname;
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** Why the address `ip` (IPv4 or IPv6 without brackets) must not be contacted, or null. */
export function addressRefusal(ip: string, allowPrivate: boolean): string | null {
  if (!ipaddr.isValid(ip)) return `Cannot ask ${ip}: not an address`;
  const kind = kindOf(ipaddr.process(ip));
  if (kind === "unicast" || (allowPrivate && PRIVATE.has(kind))) return null;
  return `Cannot ask ${ip}: ${kind} addresses are refused`;
}

/** Whether `ip` is a loopback or private address; false if it is not an address. */
export const isPrivateAddress = (ip: string): boolean =>
  ipaddr.isValid(ip) && PRIVATE.has(rangeOf(ipaddr.process(ip)));

/** Whether `ip` is in one of these CIDR ranges; false if it is not an address. */
export const isAddressIn = (ip: string, ranges: readonly string[]): boolean =>
  ipaddr.isValid(ip) && isWithin(ipaddr.process(ip), ranges.map(ipaddr.parseCIDR));

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const isWithin = (address: Address, ranges: [Address, number][]) =>
  ranges.some(([start, bits]) => start.kind() === address.kind() && address.match(start, bits));

function kindOf(address: Address): string {
  if (isWithin(address, METADATA)) return "metadata";
  if (isWithin(address, NAT64)) {
    const inside = address.toByteArray().slice(12);
    // Under a prefix shorter than 96 bits the IPv4 address comes earlier and is followed by zeros (RFC 6052
    // section 2.2).
    return inside.slice(1).some((byte) => byte !== 0) ? kindOf(new ipaddr.IPv4(inside)) : "reserved";
  }
  return rangeOf(address);
}

function rangeOf(address: Address): string {
  const range = address.range();
  if (range !== "unicast" || address.kind() === "ipv4") return range;
  return address.match(GLOBAL_UNICAST) ? range : "reserved";
}

function nameRefusal(name: string, allowPrivate: boolean): string | null {
  if (METADATA_NAMES.has(name.replace(/\.$/, ""))) return `Cannot ask ${name}: metadata services are refused`;
  if (allowPrivate) return null;
  if (name.endsWith(".")) return `Cannot ask ${name}: names with a trailing dot are refused`;
  if (!name.includes(".")) return `Cannot ask ${name}: single-label names are refused`;
  const suffix = PRIVATE_SUFFIXES.find((end) => name.endsWith(end));
  return suffix ? `Cannot ask ${name}: names under ${suffix} are refused` : null;
}

const CACHED = 1_000;

/** Guards `fetch`: rejects with `Refused` instead of requesting. The connector checks DNS answers. */
export const guardFetch: (fetch: Fetch, allowPrivate: boolean) => Fetch = guardUrls;

/** Guards any function that takes a URL. */
export function guardUrls<Options, Answer>(
  ask: (url: URL, options: Options) => Promise<Answer>,
  allowPrivate: boolean,
): (url: URL, options: Options) => Promise<Answer> {
  /** By protocol and host, which decide alone unless there is a user name or password. */
  const known = new Cache<string, string | null>({ max: CACHED });
  const reasonOf = (url: URL) => {
    if (url.username || url.password) return refusal(url, allowPrivate);
    return known.getOrSet(url.protocol + url.host, () => refusal(url, allowPrivate));
  };
  return (url, options) => {
    const reason = reasonOf(url);
    return reason === null ? ask(url, options) : Promise.reject(new Refused(reason));
  };
}

/** Guards connections: this checks the name before `dial`, the dialler checks the addresses. */
export function guardDial(dial: Dial, allowPrivate: boolean): Dial {
  return (to, options) => {
    const reason = hostRefusal(to.host, allowPrivate);
    return reason === null ? dial(to, options) : Promise.reject(new Refused(reason));
  };
}
