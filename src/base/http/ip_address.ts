/** Addresses of the internet protocol, and the ranges that IANA has set apart. */

/** An address, or the first one of a range. */
export interface IpAddress {
  /** 32: IPv4, 128: IPv6. */
  bits: 32 | 128;
  value: bigint;
}

/** A range in CIDR notation. */
export interface IpRange {
  start: IpAddress;
  /** Of its prefix. */
  length: number;
}

/** What is no usual address, by what it is for; the first that holds an address names it. */
const SPECIAL: [name: string, ranges: string][] = [
  ["unspecified", "0.0.0.0/8 ::/128"],
  ["broadcast", "255.255.255.255/32"],
  ["linkLocal", "169.254.0.0/16 fe80::/10"],
  ["multicast", "224.0.0.0/4 ff00::/8"],
  ["loopback", "127.0.0.0/8 ::1/128"],
  ["carrierGradeNat", "100.64.0.0/10"],
  ["private", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"],
  ["uniqueLocal", "fc00::/7"],
  ["deprecatedSiteLocal", "fec0::/10"],
  ["discard", "100::/64"],
  ["rfc6145", "::ffff:0:0:0/96"],
  ["rfc6052", "64:ff9b::/96 64:ff9b:1::/48"],
  ["6to4", "2002::/16"],
  ["teredo", "2001::/32"],
  ["benchmarking", "2001:2::/48"],
  ["amt", "192.52.193.0/24 2001:3::/32"],
  ["as112", "192.175.48.0/24 192.31.196.0/24"],
  ["as112v6", "2001:4:112::/48 2620:4f:8000::/48"],
  ["deprecatedOrchid", "2001:10::/28"],
  ["orchid2", "2001:20::/28"],
  ["droneRemoteIdProtocolEntityTags", "2001:30::/28"],
  ["segmentRouting", "5f00::/16"],
  [
    "reserved",
    "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 2001::/23 2001:db8::/32 3fff::/20",
  ],
];

const IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;
/** `::ffff:0:0/96` (RFC 4291 section 2.5.5.2), without its last 32 bits. */
const MAPPED = 0xffffn;

const joined = (parts: readonly number[], bits: bigint) =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);

/** An address as DNS, sockets and URLs write it, IPv6 without brackets and perhaps with a zone; one that is mapped to IPv6 is IPv4. */
export function parseAddress(text: string): IpAddress | undefined {
  if (IPV4.test(text)) {
    const octets = text.split(".").map(Number);
    return octets.every((octet) => octet < 256) ? { bits: 32, value: joined(octets, 8n) } : undefined;
  }
  const bare = text.replace(/%\w+$/, "");
  // The parser of URLs knows every form, and writes one.
  const url = bare.includes(":") && /^[\da-f:.]+$/i.test(bare) ? URL.parse(`http://[${bare}]`) : null;
  if (!url) return undefined;
  const [head = [], tail = []] = url.hostname.slice(1, -1).split("::")
    .map((half) => half === "" ? [] : half.split(":").map((part) => parseInt(part, 16)));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  const value = joined([...head, ...zeros, ...tail], 16n);
  return value >> 32n === MAPPED ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

/** Reads CIDR notation; throws for anything else. */
export function parseRange(text: string): IpRange {
  const [address = "", length = "", ...rest] = text.split("/");
  const start = parseAddress(address);
  if (!start || !/^\d{1,3}$/.test(length) || Number(length) > start.bits || rest.length > 0) {
    throw new Error(`Cannot read ${text}: not a range of addresses`);
  }
  return { start, length: Number(length) };
}

/** Whether an address lies in one of these ranges. */
export const isWithin = ({ bits, value }: IpAddress, ranges: readonly IpRange[]): boolean =>
  ranges.some(({ start, length }) => {
    const rest = BigInt(bits - length);
    return start.bits === bits && start.value >> rest === value >> rest;
  });

const special = SPECIAL.map(([name, ranges]) => ({ name, ranges: ranges.split(" ").map(parseRange) }));

/** What an address is for; `unicast`: for anything. */
export const purposeOf = (address: IpAddress): string =>
  special.find(({ ranges }) => isWithin(address, ranges))?.name ?? "unicast";
