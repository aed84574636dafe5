/** The `dial` port of Deno: TCP, TLS and UDP to the pinned, allowed addresses of a host. */
import type { TLSSocket } from "node:tls";
import { endpointUrl } from "../../../src/base/endpoint.ts";
import type { Dial } from "../../../src/base/ports.ts";
import { guardDial } from "../../../src/base/http/guard.ts";
import type { ConnectorOptions } from "./mod.ts";
import { lineOver } from "./line.ts";
import { opener } from "./open.ts";
import { pinning, systemResolve } from "./pins.ts";
import { securityOf } from "./security.ts";

/** Connects like the HTTP client, but keeps no connection. */
export function dialler(
  { allowPrivate, resolve = systemResolve, now = () => performance.now(), ca, open }: ConnectorOptions,
): Dial {
  const pinOf = pinning({ resolve, now });
  const openLine = opener({ allowPrivate, now, ca, open });
  return guardDial(async ({ host, port, over }, { protocols, ...options }) => {
    const began = now();
    const pin = await pinOf(host, options.signal);
    const dnsMs = now() - began;
    if (over === "udp") {
      // Loaded on demand: only DNS steps need it.
      const { datagrams } = await import("./datagrams.ts");
      const to = { addresses: pin.addresses, port, allowPrivate };
      return { ...await datagrams(to, options.signal), trace: { dnsMs } };
    }
    const url = endpointUrl(over === "tls" ? "https" : "http", host, port)!;
    const key = JSON.stringify([url.href, options.tls, protocols]);
    const { line, times } = await openLine(url, key, pin, {
      ...options,
      protocols: protocols ?? [undefined],
    });
    const { socket, facts: { remoteAddress, certificate } } = line;
    const { connectMs, tlsMs } = times;
    const measured = { dnsMs, connectMs, remoteAddress };
    if (over === "tcp") return lineOver(socket, { trace: measured }, options.signal);
    const security = securityOf(socket as TLSSocket);
    return lineOver(socket, { trace: { ...measured, tlsMs, certificate }, security }, options.signal);
  }, allowPrivate);
}
