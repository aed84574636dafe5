import { describe, expect, test } from "vitest";
import { edgeError, isPlatformError } from "../../../src/base/http/edge_errors.ts";

const EDGE = { server: "cloudflare" };

describe("edgeError tells Cloudflare's answers from the target's", () => {
  test.each<[string, number, Record<string, string>, string, string | undefined]>([
    ["an origin without an address", 530, EDGE, "error code: 1016", "network"],
    ["an origin that refuses", 521, EDGE, "error code: 521", "network"],
    ["an origin that times out", 522, EDGE, "error code: 522", "network"],
    ["a broken TLS handshake", 525, EDGE, "error code: 525\n", "network"],
    ["a loop of Workers", 522, EDGE, "error code: 1019", "platform"],
    ["an IP address for a host", 403, EDGE, "error code: 1003", "platform"],
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
    expect(edgeError(status, new Headers(headers), () => text)?.reason).toBe(reason);
  });
});

describe("isPlatformError tells what Cloudflare throws of the asking Worker from what a target can bring about", () => {
  test.each<[boolean, string]>([
    [true, "Too many subrequests."],
    [
      true,
      "Too many subrequests by single Worker invocation. To configure this limit, refer to https://x.example/",
    ],
    [true, "Too many API requests by single worker invocation."],
    [true, "Subrequest depth limit exceeded. This request recursed through Workers too many times."],
    [true, "Worker exceeded CPU time limit."],
    [true, "Worker exceeded memory limit."],
    [true, "Response closed due to connection limit"],
    [
      true,
      "The Workers runtime canceled this request because it detected that your Worker's code had hung and would never generate a response.",
    ],
    [true, "The script will never generate a response."],
    [true, "The execution context responding to this call was canceled."],
    [true, "Cannot perform I/O on behalf of a different request."],
    [true, "Durable Object is overloaded. Requests queued for too long."],
    [true, "Durable Object reset because its code was updated."],
    [true, "Durable Object storage operation exceeded timeout which caused object to be reset."],
    [true, "Durable Object's isolate exceeded its memory limit and was reset."],
    [true, "Internal error in Durable Object storage caused object to be reset; reference = x1"],
    [true, "Internal error while starting up Durable Object storage caused object to be reset."],
    // A closed connection, a name that does not resolve.
    [false, "Network connection lost."],
    [false, "internal error; reference = abc123"],
    // What a target's redirect or header can put into a message.
    [false, "Fetch API cannot load: https://too many subrequests/"],
    [false, "error sending request for url (http://durable object/): connection refused"],
    [false, "Invalid header value: Too many subrequests."],
    [false, ""],
  ])("%s: %s", (ours, message) => {
    expect(isPlatformError(message)).toBe(ours);
  });
});
