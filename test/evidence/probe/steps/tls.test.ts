import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authority } from "../../../world/certificate.ts";
import { type Peer, peer } from "../../../world/peers.ts";
import { overdue, taken } from "./over_network.ts";

const signer = authority();
let good: Peer;
let ended: Peer;
let other: Peer;
let plain: Peer;
let silent: Peer;
beforeAll(async () => {
  good = await peer(() => {}, {
    ...signer.issue(["shop.example", "www.shop.example"]),
    ALPNProtocols: ["h2"],
  });
  ended = await peer(() => {}, signer.issue(["shop.example"], -1));
  other = await peer(() => {}, signer.issue(["other.example"]));
  plain = await peer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  silent = await peer(() => {});
});
afterAll(() => Promise.all([good, ended, other, plain, silent].map((server) => server.close())));

const at = ({ port }: Peer, expected: string, more = "") =>
  `{ tls: { port: ${port}${more} }, expect: "${expected}" }`;

describe("a tls step", () => {
  test.each<[string, string, string?]>([
    ["how long the certificate is good", "daysLeft > 1.9 && daysLeft < 2.1"],
    ["whom it is for, and who signed it", "'www.shop.example' in names && issuer == 'authority'"],
    ["the chain", "size(chain) >= 1 && chain[0].subject == 'shop.example' && chain[0].daysLeft < 2.1"],
    ["what was agreed on", "version == 'TLSv1.3' && cipher != '' && protocol == ''"],
    ["an application protocol", "protocol == 'h2' && trusted", ", protocols: [h2]"],
    ["how long it took", "tlsMs > 0.0 && connectMs >= 0.0"],
  ])("tells %s", async (_, expected, more) => {
    const observation = await taken(at(good, expected, more), { ca: signer.ca });
    expect(observation.failure).toBeUndefined();
    expect(observation.steps[0]).toMatchObject({ note: "TLSv1.3, 1 day left", requests: 1 });
    expect(observation.steps[0]!.wire!.certificate!.issuer).toBe("authority");
  });

  test.each<[string, () => Peer, string, string]>([
    ["has ended", () => ended, "", "CERT_HAS_EXPIRED"],
    ["is another host's", () => other, "", "ERR_TLS_CERT_ALTNAME_INVALID"],
    [
      "is not for the name that is asked for",
      () => good,
      ", serverName: pay.example",
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
  ])("fails where the certificate %s, unless it is to say so", async (_, server, more, distrust) => {
    const strict = await taken(at(server(), "daysLeft > -100.0", more), { ca: signer.ca });
    expect(strict).toMatchObject({ outcome: "fail", transport: true, failure: { reason: "network" } });
    const told = await taken(
      at(server(), `!trusted && distrust == '${distrust}'`, `${more}, verify: false`),
      { ca: signer.ca },
    );
    expect(told.failure).toBeUndefined();
  });

  test("does not trust whom nobody knows", async () => {
    expect(await taken(at(good, "trusted"), {})).toMatchObject({
      outcome: "fail",
      failure: { reason: "network" },
    });
    expect((await taken(at(good, "!trusted && distrust != ''", ", verify: false"), {})).failure)
      .toBeUndefined();
  });

  test("shows the chain where an expectation does not hold", async () => {
    const { failure } = await taken(at(good, "daysLeft > 14.0"), { ca: signer.ca });
    expect(failure).toMatchObject({
      reason: "expectation",
      request: { method: "connect", url: `tls://shop.example:${good.port}` },
      answer: { excerpt: expect.stringContaining("shop.example, by authority, until 20") },
    });
  });

  test("fails where a server speaks no TLS, and where it says nothing", async () => {
    expect(await taken(at(plain, "trusted"), {})).toMatchObject({
      outcome: "fail",
      failure: { reason: "network" },
    });
    expect(await overdue(at(silent, "trusted"), silent.accepted, {})).toMatchObject({
      outcome: "fail",
      failure: { reason: "timeout" },
    });
  });

  test("asks no private address", async () => {
    expect(await taken(at(good, "trusted"), { allowPrivate: false })).toMatchObject({
      outcome: "error",
      failure: { reason: "refused" },
    });
  });
});
