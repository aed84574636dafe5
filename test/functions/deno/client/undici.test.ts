import { expect, test } from "vitest";
import { Client } from "../../../../functions/deno/client/undici.ts";

test("undici has the light assert: the heavy one costs 13 kB a request", async () => {
  // undici asserts that it was given a socket.
  const client = new Client("http://shop.example", { connect: (_, done) => done(null, null as never) });
  const error = await client.request({ method: "GET", path: "/" }).catch((error) => error);
  expect(error).toMatchObject({
    name: "AssertionError",
    stack: expect.stringContaining("at lightAssert "),
  });
});
