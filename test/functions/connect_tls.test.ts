import { beforeAll, describe, expect, test } from "vitest";
import { connector } from "../../functions/connect.ts";
import type { Fetch } from "../../src/ports.ts";
import { certificate } from "../world/certificate.ts";
import { rawServer } from "../world/raw.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

describe("connector over https, a connection", () => {
  let tls: { cert: string; key: string };
  let fetch: Fetch;
  beforeAll(() => {
    tls = certificate("shop.example");
    fetch = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca: tls.cert });
  });

  function visit(port: number, path: string, method = "GET", signal = new AbortController().signal) {
    return fetch(new URL(`https://shop.example:${port}${path}`), { method, headers: {}, signal });
  }

  test.each(["GET", "POST"])("used before: an aborted %s ends, and is sent once", async (method) => {
    const server = rawServer(tls, (path) => path === "/slow" ? [] : [OK]);
    expect(await (await visit(server.port, "/fast")).text()).toBe("ok");
    const caller = new AbortController();
    const [once, twice] = [server.asked("/slow", 1), server.asked("/slow", 2)];
    const pending = visit(server.port, "/slow", method, caller.signal);
    await once;
    caller.abort(new Error("enough"));
    const end = pending.catch((error: Error) => error.message);
    expect(await Promise.race([end, twice.then(() => "sent again")])).toBe("enough");
    await (await visit(server.port, "/after")).text();
    expect(server.seen).toEqual(["/fast", "/slow", "/after"]);
    server.close();
  });
});
