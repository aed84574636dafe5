import { expect, test } from "vitest";
import { connector } from "../../../../functions/deno/client/mod.ts";
import { walk } from "../../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../../src/evidence/probe/steps/mod.ts";
import { journey, ports, run } from "../../../evidence/probe/steps.ts";
import { certificate } from "../../../world/certificate.ts";
import { steppingClock } from "../../../world/clock.ts";
import { scriptedFetch } from "../../../world/network.ts";
import { rawServer } from "../../../world/raw.ts";

test("a redirect in raw UTF-8 is followed, and a cookie in it comes back, byte by byte", async () => {
  const tls = certificate("shop.example");
  const server = rawServer(
    tls,
    (path) =>
      path === "/"
        ? [
          "HTTP/1.1 302 Found\r\nlocation: /café?q=добро\r\nset-cookie: word=добро\r\ncontent-length: 0\r\n\r\n",
        ]
        : ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"],
  );
  const check = journey([{ path: "/", redirects: 1, expect: ["status == 200"] }], {
    baseUrl: `https://shop.example:${server.port}`,
  });
  const fetch = connector({
    allowPrivate: true,
    resolve: () => Promise.resolve(["127.0.0.1"]),
    ca: tls.cert,
  });
  const seen = await walk({ ...ports(scriptedFetch({}), steppingClock()), fetch }, check, run, {
    steps: STEP_KINDS,
  });
  expect(seen.failure).toBeUndefined();
  expect(server.seen).toEqual(["/", "/caf%C3%A9?q=%D0%B4%D0%BE%D0%B1%D1%80%D0%BE"]);
  expect(server.heads[1]).toContain("cookie: word=добро\r\n");
  server.close();
});
