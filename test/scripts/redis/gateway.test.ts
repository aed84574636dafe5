/** The gateway speaks Upstash's REST protocol (upstash.com/docs/redis/features/restapi). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MISSING, type Redis, redis, titleOf } from "../../storage/upstash/redis_fixture.ts";

describe.skipIf(MISSING)(titleOf("gateway"), () => {
  let here: Redis;
  beforeAll(async () => void (here = await redis()));
  afterAll(() => here.close());
  beforeEach(() => here.raw.sendCommand(["FLUSHALL"]));

  async function ask(
    path: string,
    body?: unknown,
    more: { method?: string; headers?: Record<string, string> } = {},
  ) {
    const { method = body === undefined ? "GET" : "POST", headers = {} } = more;
    const answer = await fetch(`${here.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${here.token}`, ...headers },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null,
    };
  }
  const BASE64 = { headers: { "upstash-encoding": "base64" } };

  test("a command as a body, and as a path with its value in the body", async () => {
    expect(await ask("/", ["SET", "a", "é"])).toMatchObject({ status: 200, json: { result: "OK" } });
    expect((await ask("/get/a")).json).toEqual({ result: "é" });
    expect((await ask("/set/b?EX=100", "a value")).json).toEqual({ result: "OK" });
    expect((await ask("/", ["TTL", "b"])).json).toEqual({ result: 100 });
    expect((await ask("/", ["GET", "none"])).json).toEqual({ result: null });
    expect((await ask("/", ["HSET", "h", "n", 7])).json).toEqual({ result: 1 });
    expect((await ask("/", ["HGETALL", "h"])).json).toEqual({ result: ["n", "7"] });
  });

  test("base64: every text but the word of a status", async () => {
    expect((await ask("/", ["SET", "a", "true"], BASE64)).json).toEqual({ result: "OK" });
    expect((await ask("/", ["GET", "a"], BASE64)).json).toEqual({ result: "dHJ1ZQ==" });
    expect((await ask("/", ["MGET", "a", "b"], BASE64)).json).toEqual({ result: ["dHJ1ZQ==", null] });
  });

  test("resp2: as Redis writes it", async () => {
    const resp = { headers: { "upstash-response-format": "resp2" } };
    const script = "return { 7, 'text', redis.status_reply('OK'), false }";
    expect((await ask("/", ["EVAL", script, "0"], resp)).text).toBe(
      "*4\r\n:7\r\n$4\r\ntext\r\n+OK\r\n$-1\r\n",
    );
  });

  test("a pipeline answers each command in its place, errors too", async () => {
    const body = [["SET", "a", "1"], ["LPUSH", "a", "1"], ["INCR", "a"]];
    expect(await ask("/pipeline", body)).toMatchObject({
      status: 200,
      json: [{ result: "OK" }, { error: expect.stringMatching(/^WRONGTYPE/) }, { result: 2 }],
    });
  });

  test("a transaction answers each, and nothing of one that is discarded", async () => {
    expect((await ask("/multi-exec", [["SET", "a", "1"], ["INCR", "a"]])).json).toEqual([{ result: "OK" }, {
      result: 2,
    }]);
    const discarded = await ask("/multi-exec", [["SET", "a", "9"], ["NO-SUCH"]]);
    expect(discarded).toMatchObject({ status: 400, json: { error: expect.stringMatching(/^EXECABORT/) } });
    expect((await ask("/get/a")).json).toEqual({ result: "2" });
  });

  test.each<[string, string, unknown, Parameters<typeof ask>[2], number, RegExp]>([
    ["a command that Redis refuses", "/", ["LPUSH"], {}, 400, /^ERR wrong number/],
    [
      "a command that REST has not",
      "/",
      ["BLPOP", "a", "0"],
      {},
      400,
      /^ERR Command is not available: 'BLPOP'/,
    ],
    ["a body that is no JSON", "/", "SET a 1", {}, 400, /^ERR failed to parse/],
    ["a body that is no list", "/pipeline", {}, {}, 400, /^ERR failed to parse/],
    ["a wrong token", "/", ["PING"], { headers: { authorization: "Bearer wrong" } }, 401, /^WRONGPASS/],
    ["no token", "/pipeline", [["PING"]], { headers: { authorization: "" } }, 401, /^WRONGPASS/],
    ["another method", "/get/a", undefined, { method: "DELETE" }, 405, /^ERR method/],
    ["more than 1 MB", "/", ["SET", "a", "x".repeat(1_048_576)], {}, 413, /^ERR max request size exceeded/],
  ])("%s", async (_name, path, body, more, status, error) => {
    expect(await ask(path, body, more)).toMatchObject({
      status,
      json: { error: expect.stringMatching(error) },
    });
  });

  test("a token in the address, and one that only reads", async () => {
    const plain = { headers: { authorization: "" } };
    expect((await ask(`/set/a/1?_token=${here.token}`, undefined, plain)).json).toEqual({ result: "OK" });
    expect((await ask(`/get/a?_token=${here.readToken}`, undefined, plain)).json).toEqual({ result: "1" });
    for (const command of [["SET", "a", "2"], ["SCAN", "0"], ["KEYS", "*"], ["EVAL", "return 1", "0"]]) {
      const refused = await ask(`/?_token=${here.readToken}`, command, plain);
      expect(refused).toMatchObject({ status: 400, json: { error: expect.stringMatching(/^NOPERM/) } });
    }
  });

  test("counts requests, and commands as they are billed: also those that a script calls", async () => {
    const before = await here.gateway.stats();
    await ask("/pipeline", [["SET", "a", "1"], ["GET", "a"]]);
    await ask("/", ["EVAL", "redis.call('INCR', 'n') redis.call('INCR', 'n')", "1", "n"]);
    const after = (await ask("/stats")).json;
    expect([after.requests - before.requests, after.commands - before.commands]).toEqual([2, 5]);
    expect(after.byCommand.incr - before.byCommand.incr!).toBe(2);
  });
});
