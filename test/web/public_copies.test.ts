import { expect, test } from "vitest";
import { publicCopies } from "../../src/web/public_copies.ts";
import { steppingClock } from "../world/clock.ts";

/** A door of which every answer is another one. */
function door(
  perMinute = 600,
  answerOf = (n: number) => new Response(`answer ${n}`, { headers: { "x-n": `${n}` } }),
) {
  const clock = steppingClock();
  let asked = 0;
  const answer = publicCopies({ clock, perMinute, ask: () => Promise.resolve(answerOf(++asked)) });
  const ask = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const got = await answer(new Request(`https://assay.example${path}`, { method, headers }), "192.0.2.7");
    return got.status === 200 ? `${await got.text()} ${got.headers.get("x-n")}` : `${got.status}`;
  };
  return { clock, ask, answer, asked: () => asked };
}

test.each(["/", "/status", "/v1/status", "/v1/badges/shop.svg", "/cards/shop.svg", "/api/v2/summary.json"])(
  "%s comes from a copy for ten seconds",
  async (path) => {
    const { clock, ask, asked } = door();
    for (let i = 0; i < 100; i++) expect(await ask(path)).toBe("answer 1 1");
    await clock.advance(9_999);
    expect(await ask(path)).toBe("answer 1 1");
    await clock.advance(1);
    expect(await ask(path)).toBe("answer 2 2");
    expect(asked()).toBe(2);
  },
);

test.each<[string, string, Record<string, string>, string?]>([
  ["a token", "/v1/status", { authorization: "Bearer x" }],
  ["a session", "/", { cookie: "assay_session=x" }],
  ["another path", "/v1/targets", {}],
  ["an incident", "/incidents/inc_1", {}],
  ["an event stream", "/v1/events", {}],
  ["another method", "/v1/status", {}, "POST"],
])("%s is asked for each time", async (_, path, headers, method) => {
  const { ask, asked } = door();
  await ask(path);
  for (let i = 0; i < 3; i++) await ask(path, headers, method);
  expect(asked()).toBe(4);
});

test("a copy is of one query, form, language and origin", async () => {
  const { ask, asked } = door();
  const ways: [string, Record<string, string>][] = [
    ["/status", {}],
    ["/status?embed=1", {}],
    ["/status", { accept: "application/json" }],
    ["/status", { "accept-language": "de" }],
    ["/status", { origin: "https://a.example" }],
  ];
  for (let i = 0; i < 2; i++) for (const [path, headers] of ways) await ask(path, headers);
  expect(asked()).toBe(ways.length);
});

test.each<[string, () => Response]>([
  ["a refusal", () => new Response("no", { status: 401 })],
  ["a fault", () => new Response("no", { status: 500 })],
  ["a redirect", () => new Response(null, { status: 302, headers: { location: "/login" } })],
  ["what sets a cookie", () => new Response("hello", { headers: { "set-cookie": "a=b" } })],
  ["a long body", () => new Response("x".repeat(256 * 1024 + 1))],
])("%s is not kept", async (_, answer) => {
  const { ask, asked } = door(600, answer);
  for (let i = 0; i < 3; i++) await ask("/status");
  expect(asked()).toBe(3);
});

test("who asks too often is told so before anybody is woken, by the network of its address", async () => {
  const { ask, answer, asked, clock } = door(10);
  for (let i = 0; i < 10; i++) await ask("/v1/targets");
  expect(await ask("/v1/targets")).toBe("429");
  expect(asked()).toBe(10);
  const other = await answer(new Request("https://assay.example/v1/targets"), "192.0.2.8");
  expect(other.status).toBe(200);
  const refused = await answer(new Request("https://assay.example/v1/targets"), "192.0.2.7");
  expect([refused.headers.get("retry-after"), refused.headers.get("content-type")]).toEqual([
    "6",
    "application/problem+json",
  ]);
  await clock.advance(6_000);
  expect(await ask("/v1/targets")).toContain("answer");
});
