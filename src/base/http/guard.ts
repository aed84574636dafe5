import ipaddr from "ipaddr.js";
import { type Fetch, Refused } from "../ports.ts";
import { Cache } from "../cache.ts";

/** Ranges (in ipaddr.js words) that `allowPrivate` opens; link-local, where metadata services live, is not one. */
const PRIVATE = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"]);

/** Metadata and platform services of cloud providers on addresses that look harmless. */
const METADATA = new Set(["168.63.129.16", "100.100.100.200", "fd00:ec2::254"]);

/** RFC 4291 section 2.4: all global unicast that IANA has given out; everything else, `::/96` included, is special. */
const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3");

/** Names that never leave a machine or a private network (RFC 6761, 6762, 7686, 8375, and ICANN's `.internal`). */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".internal", ".home.arpa", ".onion"];

/** Public-looking names of metadata services. */
const METADATA_NAMES = new Set(["metadata.google.internal", "metadata.goog"]);

/** Says why `url` must not be asked, or null; never shows path, query or credentials. */
export function refusal(url: URL, allowPrivate: boolean): string | null {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `Cannot ask a URL with scheme ${url.protocol.slice(0, -1)}: only http and https are allowed`;
  }
  if (url.username || url.password) {
    return `Cannot ask ${url.host}: a URL must not hold a user name or password`;
  }
  const host = hostOf(url);
  if (!host) return "Cannot ask a URL without a host";
  return isAddress(host) ? addressRefusal(host, allowPrivate) : nameRefusal(host, allowPrivate);
}

/** A parsed URL's host has a colon only in IPv6, and a number at its end only in IPv4 (URL standard, host parsing). */
function isAddress(host: string): boolean {
  return host.includes(":") || /\d$/.test(host) && /^[\d.]+$/.test(host);
}

/** The host of `url` as DNS and sockets want it: IPv6 without brackets. */
export function hostOf(url: URL): string {
  const host = url.hostname;
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** Says why the address `ip` (IPv4 or IPv6, no brackets) must not be connected to, or null. */
export function addressRefusal(ip: string, allowPrivate: boolean): string | null {
  if (!ipaddr.isValid(ip)) return `Cannot ask ${ip}: not an address`;
  const address = ipaddr.process(ip);
  const kind = METADATA.has(address.toString()) ? "metadata" : rangeOf(address);
  if (kind === "unicast" || (allowPrivate && PRIVATE.has(kind))) return null;
  return `Cannot ask ${ip}: ${kind} addresses are refused`;
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
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

/** Puts the guard before `fetch`: throws `Refused` instead of asking. DNS answers are the connector's part. */
export function guardFetch(fetch: Fetch, allowPrivate: boolean): Fetch {
  /** By protocol and host, which decide alone once there is no user name or password. */
  const known = new Cache<string, string | null>({ max: CACHED });
  const reasonOf = (url: URL) => {
    if (url.username || url.password) return refusal(url, allowPrivate);
    return known.getOrSet(url.protocol + url.host, () => refusal(url, allowPrivate));
  };
  return (url, outgoing) => {
    const reason = reasonOf(url);
    return reason === null ? fetch(url, outgoing) : Promise.reject(new Refused(reason));
  };
}
