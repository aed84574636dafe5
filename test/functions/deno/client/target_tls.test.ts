import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connector } from "../../../../functions/deno/client/mod.ts";
import type { Fetch, TlsSettings } from "../../../../src/base/ports.ts";
import { certificate } from "../../../world/certificate.ts";
import { textOf } from "../../../world/network.ts";

const DAY_MS = 86_400_000;

/** A server that asks for a client's certificate, takes any, and answers with the name that it holds. */
function askingServer(own: { cert: string; key: string }) {
  const server = createServer(
    { ...own, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const client = (request.socket as TLSSocket).getPeerCertificate();
      response.end(client?.subject?.CN ?? "nobody");
    },
  );
  return new Promise<{ port: number; close(): void }>((resolve) =>
    server.listen(
      0,
      "127.0.0.1",
      () => resolve({ port: (server.address() as AddressInfo).port, close: () => void server.close() }),
    )
  );
}

describe("TLS settings of a target", () => {
  const shop = certificate("shop.internal");
  const client = certificate("assay-client");
  let server: Awaited<ReturnType<typeof askingServer>>;
  let fetch: Fetch;
  beforeAll(async () => {
    server = await askingServer(shop);
    fetch = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]) });
  });
  afterAll(() => server.close());

  const ask = (host: string, tls?: TlsSettings) =>
    fetch(new URL(`https://${host}:${server.port}/`), {
      method: "GET",
      headers: {},
      signal: new AbortController().signal,
      tls,
    });
  const asked = async (host: string, tls?: TlsSettings) => await textOf(await ask(host, tls));

  test("ca is trusted for these requests, and for no others", async () => {
    expect(await asked("shop.internal", { ca: shop.cert })).toBe("nobody");
    await expect(ask("shop.internal")).rejects.toThrow();
    await expect(ask("shop.internal", { ca: client.cert })).rejects.toThrow();
  });

  test("serverName stands in for the URL's host", async () => {
    await expect(ask("shop.example", { ca: shop.cert })).rejects.toThrow();
    expect(await asked("shop.example", { ca: shop.cert, serverName: "shop.internal" })).toBe("nobody");
  });

  test("insecure believes whoever answers, for these requests alone", async () => {
    expect(await asked("shop.example", { insecure: true })).toBe("nobody");
    await expect(ask("shop.example")).rejects.toThrow();
  });

  test("cert and key make the client known, on a connection that nobody else uses", async () => {
    expect(await asked("shop.internal", { ca: shop.cert, ...client })).toBe("assay-client");
    expect(await asked("shop.internal", { ca: shop.cert })).toBe("nobody");
  });

  test("the certificate that was shown is told", async () => {
    const answer = await ask("shop.internal", { ca: shop.cert });
    answer.drop();
    const { names, notAfter } = answer.trace.certificate!;
    expect(names).toEqual(["shop.internal"]);
    // openssl made it for two days.
    expect(Math.abs(notAfter - Date.now() - 2 * DAY_MS)).toBeLessThan(DAY_MS);
  });
});
