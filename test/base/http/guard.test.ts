import { describe, expect, test } from "vitest";
import { textOf } from "../../world/network.ts";
import { answerOf } from "../../../src/base/http/answer.ts";
import { addressRefusal, guardFetch, refusal } from "../../../src/base/http/guard.ts";
import { type FetchOptions, Refused } from "../../../src/base/ports.ts";

/** Each row: URL, refused by default, refused with allowPrivate. */
const URLS: [string, boolean, boolean][] = [
  ["https://shop.example/orders?q=1", false, false],
  ["http://shop.example:8080/", false, false],
  ["http://1.1.1.1/", false, false],
  ["http://[2606:4700::1111]/", false, false],
  ["http://127.0.0.1.nip.io/", false, false], // a public name: the connector refuses its address
  // schemes and credentials
  ["ftp://shop.example/", true, true],
  ["file:///etc/passwd", true, true],
  ["javascript:alert(1)", true, true],
  ["https://user@shop.example/", true, true],
  ["https://:word@shop.example/", true, true],
  // loopback in every spelling that the URL parser knows
  ["http://127.0.0.1/", true, false],
  ["http://127.1/", true, false],
  ["http://0x7f.1/", true, false],
  ["http://2130706433/", true, false],
  ["http://017700000001/", true, false],
  ["http://１２７.0.0.1/", true, false],
  ["http://[::1]/", true, false],
  ["http://[::ffff:127.0.0.1]/", true, false],
  ["http://localhost/", true, false],
  ["http://LOCALHOST/", true, false],
  ["http://api.localhost/", true, false],
  // private networks
  ["http://10.0.0.1/", true, false],
  ["http://172.16.0.1/", true, false],
  ["http://192.168.1.1/", true, false],
  ["http://100.64.0.1/", true, false],
  ["http://[fd12::1]/", true, false],
  ["http://printer.local/", true, false],
  ["http://db.internal/", true, false],
  ["http://nas.home.arpa/", true, false],
  ["http://abc.onion/", true, false],
  ["http://db/", true, false],
  // trailing dots
  ["http://shop.example./", true, false],
  ["http://localhost./", true, false],
  ["http://127.0.0.1./", true, false],
  // metadata services stay shut
  ["http://169.254.169.254/latest/meta-data/", true, true],
  ["http://[::ffff:169.254.169.254]/", true, true],
  ["http://[fd00:ec2::254]/", true, true],
  ["http://[64:ff9b::a9fe:a9fe]/", true, true],
  ["http://[64:ff9b::808:808]/", false, false],
  ["http://168.63.129.16/", true, true],
  ["http://100.100.100.200/", true, true],
  ["http://metadata.google.internal/", true, true],
  ["http://metadata.google.internal./", true, true],
  ["http://metadata.goog/", true, true],
];

describe("refusal", () => {
  test.each(URLS)("%s", (url, byDefault, withPrivate) => {
    expect(refusal(new URL(url), false) !== null).toBe(byDefault);
    expect(refusal(new URL(url), true) !== null).toBe(withPrivate);
  });

  test("names the host, and no path, query or credentials", () => {
    const reason = refusal(new URL("http://10.0.0.1/secret-path?token=abc"), false);
    expect(reason).toContain("10.0.0.1");
    expect(reason).not.toMatch(/secret-path|abc/);
    expect(refusal(new URL("http://zoe:hush@shop.example/"), false)).not.toMatch(/zoe|hush/);
  });
});

/** Each row: address, what it is, refused with allowPrivate (all are refused by default). */
const ADDRESSES: [string, string, boolean][] = [
  ["0.0.0.0", "this network", true],
  ["10.1.2.3", "private", false],
  ["100.64.0.1", "carrier-grade NAT", false],
  ["127.8.8.8", "loopback", false],
  ["169.254.169.254", "link-local metadata", true],
  ["192.0.2.1", "documentation", true],
  ["192.88.99.1", "6to4 relay", true],
  ["198.18.0.1", "benchmarking", true],
  ["224.0.0.1", "multicast", true],
  ["240.0.0.1", "reserved", true],
  ["255.255.255.255", "broadcast", true],
  ["168.63.129.16", "Azure wire server", true],
  ["::", "unspecified", true],
  ["::1", "loopback", false],
  ["::7f00:1", "IPv4-compatible loopback", true],
  ["::808:808", "IPv4-compatible public", true],
  ["::ffff:10.0.0.1", "IPv4-mapped private", false],
  ["::ffff:a9fe:a9fe", "IPv4-mapped metadata", true],
  ["64:ff9b::7f00:1", "NAT64 of loopback", false],
  ["64:ff9b::10.1.2.3", "NAT64 of private", false],
  ["64:ff9b::169.254.169.254", "NAT64 of metadata", true],
  ["64:ff9b::168.63.129.16", "NAT64 of Azure's wire server", true],
  ["64:ff9b::", "NAT64 of nothing", true],
  ["64:ff9b:1::10.1.2.3", "local NAT64 of private", false],
  ["64:ff9b:1:2::100.100.100.200", "local NAT64 of metadata", true],
  ["64:ff9b:1:808:8:800::", "local NAT64 of 48 bits, public inside", true],
  ["64:ff9b:1:0:a:1:800:0", "local NAT64 of 64 bits, 10.0.1.8 inside", true],
  ["2001::1", "Teredo", true],
  ["2002:7f00:1::", "6to4", true],
  ["2001:db8::1", "documentation", true],
  ["fc00::1", "unique local", false],
  ["fd00:ec2::254", "AWS metadata", true],
  ["fd00:ec2::23", "AWS credentials of containers", true],
  ["fd00:ec2::253", "AWS DNS", true],
  ["fd20:ce::254", "Google metadata", true],
  ["fd00:c1::a9fe:a9fe", "Oracle metadata", true],
  ["fd00:a9fe:a9fe::1", "Akamai metadata", true],
  ["fd00:42::42", "Scaleway metadata", true],
  ["fd00:42::43", "unique local beside it", false],
  ["fd00:100::100:200", "Alibaba metadata", true],
  ["fe80::a9fe:a9fe", "OpenStack metadata", true],
  ["fe80::1", "link-local", true],
  ["fe80::1%eth0", "link-local with zone", true],
  ["fec0::1", "site-local", true],
  ["ff02::1", "multicast", true],
  ["4000::1", "not given out by IANA", true],
  ["shop.example", "no address", true],
];

describe("addressRefusal", () => {
  test.each(ADDRESSES)("%s (%s)", (ip, _what, withPrivate) => {
    expect(addressRefusal(ip, false)).toContain(ip);
    expect(addressRefusal(ip, true) !== null).toBe(withPrivate);
  });

  test.each([
    "1.1.1.1",
    "8.8.8.8",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1:2::8.8.8.8",
  ])("%s may be asked", (ip) => {
    expect(addressRefusal(ip, false)).toBeNull();
  });
});

describe("guardFetch", () => {
  const outgoing: FetchOptions = { method: "GET", headers: {}, signal: new AbortController().signal };

  test("asks only what may be asked", async () => {
    const asked: string[] = [];
    const fetch = guardFetch((url) => {
      asked.push(url.href);
      return Promise.resolve(answerOf(new Response("ok")));
    }, false);
    await expect(fetch(new URL("http://10.0.0.1/"), outgoing)).rejects.toBeInstanceOf(Refused);
    expect(await textOf(await fetch(new URL("https://shop.example/"), outgoing))).toBe("ok");
    expect(asked).toEqual(["https://shop.example/"]);
  });
});
