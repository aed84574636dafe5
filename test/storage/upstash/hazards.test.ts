/** What `@upstash/redis` does by default and must not do here, each seen at a server on the settings of the store. */
import { Redis as Client } from "@upstash/redis/cloudflare";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clock } from "../../../functions/clock.ts";
import { Commands } from "../../../src/storage/upstash/client.ts";

interface Asked {
  path: string;
  headers: Headers;
  body: unknown;
}
let asked: Asked[];
let answer: (body: unknown) => Response | Promise<Response>;
let server: Deno.HttpServer<Deno.NetAddr>;
let url: string;
beforeEach(() => {
  asked = [];
  answer = () => Response.json({ result: "OK" });
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.json();
    asked.push({ path: new URL(request.url).pathname, headers: request.headers, body });
    return await answer(body);
  });
  url = `http://127.0.0.1:${server.addr.port}`;
});
afterEach(() => server.shutdown());

const ours = (more = {}) => new Commands({ url, token: "the-token", clock, ...more });

/** A server that reads each request and hangs up; answers how many came while `work` ran. */
async function hungUp(work: (url: string) => Promise<unknown>): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let requests = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(10_000));
      requests++;
      connection.close();
    }
  })();
  await work(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`);
  listener.close();
  await serving;
  return requests;
}

describe("retries", () => {
  test("a command whose connection breaks is sent once", async () => {
    const sent = await hungUp(async (url) => {
      await expect(ours({ url }).once(["INCR", "a"])).rejects.toThrow("Upstash did not answer");
    });
    expect(sent).toBe(1);
  });

  test("the client's own `retry: false` sends it twice, which is why it is not used", async () => {
    const sent = await hungUp(async (url) => {
      await expect(new Client({ url, token: "t", retry: false }).incr("a")).rejects.toThrow();
    });
    expect(sent).toBe(2);
  });

  test("what may come twice is sent three times at most", async () => {
    const sent = await hungUp(async (url) => {
      await expect(ours({ url }).ask(["GET", "a"])).rejects.toThrow("Upstash did not answer");
    });
    expect(sent).toBe(3);
  });

  test.each([
    "WRONGTYPE Operation against",
    "NOPERM no permissions",
    "ERR max requests limit exceeded. Limit: 500000, Usage: 500000",
    "ERR max daily request limit exceeded",
    "ERR user_script:1: Script killed",
  ])(
    "an answer that would be the same again is asked for once: %s",
    async (error) => {
      answer = () => Response.json({ error }, { status: 400 });
      await expect(ours().ask(["GET", "a"])).rejects.toThrow(error);
      expect(asked).toHaveLength(1);
    },
  );
});

describe("pipelining", () => {
  test("commands at once are requests of their own, none through /pipeline", async () => {
    const commands = ours();
    await Promise.all([["SET", "a", "1"], ["GET", "a"], ["SET", "b", "1"]].map((it) => commands.once(it)));
    expect(asked.map(({ path }) => path)).toEqual(["/", "/", "/"]);
    expect(asked.map(({ body }) => body)).toEqual(
      expect.arrayContaining([["SET", "a", "1"], ["GET", "a"], ["SET", "b", "1"]]),
    );
  });
});

describe("answers", () => {
  test.each<[string, unknown]>([
    ["a word that is JSON", "true"],
    ["digits", "0012"],
    ["a number as text", "1700000040000"],
    ["an object as text", '{"a":1}'],
    ["null as text", "null"],
    ["what looks like base64", "dHJ1ZQ=="],
    ["no answer", null],
    ["a list of all that", ["true", "7", null, ["[]", 7]]],
  ])("%s comes as Redis says it", async (_name, result) => {
    answer = () => Response.json({ result });
    expect(await ours().once(["GET", "a"])).toEqual(result);
  });

  test("arguments go as the texts they are", async () => {
    await ours().once(["SET", "a", '{"a":1}', "0012"]);
    expect(asked[0]!.body).toEqual(["SET", "a", '{"a":1}', "0012"]);
  });
});

describe("deadlines", () => {
  test("a silent server is an error, never a null", async () => {
    const free = Promise.withResolvers<Response>();
    answer = () => free.promise;
    const asking = ours({ timeoutMs: 50 }).once(["GET", "a"]);
    await expect(asking).rejects.toThrow("Upstash did not answer");
    free.resolve(Response.json({ result: null }));
  });

  test("are of each request alone: one that is late does not end the next", async () => {
    const free = Promise.withResolvers<Response>();
    const commands = ours({ timeoutMs: 500 });
    answer = (body) => (body as string[])[1] === "slow" ? free.promise : Response.json({ result: "fast" });
    const slow = commands.once(["GET", "slow"]).catch((error: Error) => error.message);
    expect(await commands.once(["GET", "fast"])).toBe("fast");
    expect(await slow).toBe("Upstash did not answer");
    expect(await commands.once(["GET", "fast"])).toBe("fast");
    free.resolve(Response.json({ result: "late" }));
  });
});

describe("what is told to others", () => {
  test("no telemetry, the token only where it belongs, and the sync token that came back", async () => {
    const commands = ours();
    answer = () => Response.json({ result: "OK" }, { headers: { "upstash-sync-token": "s1" } });
    await commands.once(["GET", "a"]);
    await commands.once(["GET", "a"]);
    const [first, second] = asked.map(({ headers }) => Object.fromEntries(headers));
    expect(Object.keys(first!).filter((name) => name.includes("telemetry"))).toEqual([]);
    expect(first!.authorization).toBe("Bearer the-token");
    expect([first!["upstash-sync-token"], second!["upstash-sync-token"]]).toEqual(["", "s1"]);
  });

  test.each<[string, () => Response]>([
    ["an error of Redis", () => Response.json({ error: "ERR no such command" }, { status: 400 })],
    ["a page", () => new Response("<html>502</html>", { status: 502 })],
    ["an error under 200", () => Response.json({ error: "ERR odd" })],
  ])("errors hold neither arguments nor token: %s", async (_name, response) => {
    answer = response;
    const error = await ours().once(["SET", "a", "a-payload"]).catch((error: Error) => error);
    const all = [error, (error as Error).cause].map((one) => `${(one as Error | undefined)?.stack}`).join();
    expect(error).toBeInstanceOf(Error);
    expect(all).not.toMatch(/a-payload|the-token/);
  });
});

describe("a URL that is none", () => {
  test.each(["a-token-in-the-wrong-variable", "", "undefined", "https://a.example ", "ftp://a.example"])(
    "%s: is refused by name, and not shown",
    (url) => {
      const refused = /^Cannot use UPSTASH_REDIS_REST_URL as it is not a URL that begins with https:\/\/$/;
      expect(() => ours({ url })).toThrow(refused);
    },
  );
});
