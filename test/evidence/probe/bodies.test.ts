import { describe, expect, test } from "vitest";
import { taken } from "./steps/over_network.ts";
import { prober } from "./walk_text.ts";

const step = (request: string) => `          - { request: ${request}, expect: "status == 200" }\n`;

async function sent(request: string, env = { TOKEN: "a-long-token" }) {
  const { walk, requests } = await prober({ steps: step(request), env }, { "POST /x": { json: {} } });
  await walk();
  return requests[0]!;
}

/** As a server reads it. */
const formOf = ({ body, headers }: Awaited<ReturnType<typeof sent>>) =>
  new Response(body, { headers: { "content-type": headers["content-type"]! } }).formData();

describe("a multipart body", () => {
  test("is read by a server as it was written", async () => {
    const form = await formOf(
      await sent(
        '{ path: /x, multipart: { "na\\"me": "{{ run.id }}", token: "${env:TOKEN}", file: { content: "a,b\\n", filename: "ord\\"ers.csv", type: text/csv } } }',
      ),
    );
    const file = form.get("file") as File;
    expect(form.get('na"me') ?? form.get("na%22me")).toBe("run-1");
    expect(form.get("token")).toBe("a-long-token");
    expect([file.type, await file.text()]).toEqual(["text/csv", "a,b\n"]);
  });

  test("sends the bytes of a file as they are", async () => {
    const written =
      '{ request: { path: /x, multipart: { note: hi, file: { file: { base64: "AP+Kw/8NCg==" }, filename: a.bin } } }, expect: "status == 200" }';
    let form: FormData | undefined;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      form = await request.formData();
      return new Response();
    });
    const observation = await taken(written, { port: server.addr.port });
    await server.shutdown();
    expect(observation.failure).toBeUndefined();
    expect(form?.get("note")).toBe("hi");
    expect(new Uint8Array(await (form?.get("file") as File).arrayBuffer()))
      .toEqual(Uint8Array.of(0, 255, 138, 195, 255, 13, 10));
  });

  test("has a boundary that stands in no part", async () => {
    const form = await formOf(await sent('{ path: /x, multipart: { a: "--assay--\\r\\nassay-", b: "2" } }'));
    expect([form.get("a"), form.get("b")]).toEqual(["--assay--\r\nassay-", "2"]);
  });
});

test("a GraphQL body is JSON, whose variables keep their types", async () => {
  const { body, headers } = await sent(
    '{ path: /x, graphql: { query: "query Q($n: Int!) { a(n: $n) }", operationName: Q, variables: { n: "{{ 3 }}" } } }',
  );
  expect(headers["content-type"]).toBe("application/json");
  expect(JSON.parse(body)).toEqual({
    query: "query Q($n: Int!) { a(n: $n) }",
    operationName: "Q",
    variables: { n: 3 },
  });
});
