import { describe, expect, test } from "vitest";
import { synthetic } from "../src/cloudflare.ts";

const EDGE = { server: "cloudflare" };

describe("synthetic tells Cloudflare's answers from the target's", () => {
  test.each<[string, number, Record<string, string>, string, string | undefined]>([
    ["an origin without an address", 530, EDGE, "error code: 1016", "network"],
    ["an origin that refuses", 521, EDGE, "error code: 521", "network"],
    ["an origin that times out", 522, EDGE, "error code: 522", "network"],
    ["a broken TLS handshake", 525, EDGE, "error code: 525\n", "network"],
    ["a loop of Workers", 522, EDGE, "error code: 1019", "platform"],
    ["a Worker of the same zone", 404, EDGE, "error code: 1042", "platform"],
    ["a firewall rule", 403, EDGE, "error code: 1020", "blocked"],
    ["a rate limit of the zone", 429, EDGE, "error code: 1015", "blocked"],
    ["a challenge", 403, { ...EDGE, "cf-mitigated": "challenge" }, "<html>Just a moment...", "blocked"],
    ["the target's own Worker that threw", 500, EDGE, "error code: 1101", undefined],
    ["the target's own 503 through Cloudflare", 503, EDGE, '{"status":"DOWN"}', undefined],
    ["the target's own page at 521", 521, EDGE, "<html>error code: 521</html>", undefined],
    ["the same text from another server", 530, { server: "nginx" }, "error code: 1016", undefined],
    ["a good answer with that text", 200, EDGE, "error code: 1016", undefined],
  ])("%s", (_name, status, headers, text, reason) => {
    expect(synthetic(status, new Headers(headers), () => text)?.reason).toBe(reason);
  });
});
