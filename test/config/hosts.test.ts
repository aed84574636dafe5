import { describe, expect, test } from "vitest";
import { edit, loadText, problemsOf } from "./load_text.ts";

const URL_LINE = "    url: https://shop.example\n";
const STEP = '- expect: ["status == 200", "body.ok == true"]';
const withHosts = (hosts: string) => edit(URL_LINE, `${URL_LINE}    hosts: ${hosts}\n`);
const withStep = (step: string) => edit(STEP, `- ${step}`);

describe("hosts", () => {
  test("are origins, https where nothing else is said", async () => {
    const { targets } = await loadText(
      withHosts("[uploads.example, 'http://cdn.example:8080', 'a.example:8443']"),
    );
    expect(targets[0]!.origins).toEqual([
      "https://uploads.example",
      "http://cdn.example:8080",
      "https://a.example:8443",
    ]);
  });

  test.each([
    ["[https://uploads.example/path]", "targets[0].hosts[0]"],
    ["['http://10.0.0.1']", "targets[0].hosts[0]"],
    ["['${env:HOST}']", "targets[0].hosts[0]"],
    ["['user@uploads.example']", "targets[0].hosts[0]"],
  ])("%s is an error", async (hosts, path) => {
    expect((await problemsOf(withHosts(hosts))).map(({ path }) => path)).toContain(path);
  });
});

describe("a step's url", () => {
  test("is read with the target's origins, and written in the summary", async () => {
    const text = withStep("{ request: { url: 'https://shop.example/x' }, expect: body.ok == true }");
    const { checks } = await loadText(edit(URL_LINE, `${URL_LINE}    hosts: [u.example]\n`, text));
    expect(checks[0]!.journey[0]).toMatchObject({
      summary: "GET https://shop.example/x",
      request: { origins: ["https://u.example"] },
    });
  });

  test.each([
    ["{ request: { url: /x, path: /y }, expect: body.ok }", {
      path: "targets[0].checks[0].journey[0].request.url",
      message: "a request has a path or a url",
    }],
    ["{ request: { url: ftp://x.example }, expect: body.ok }", {
      path: "targets[0].checks[0].journey[0].request.url",
    }],
    ["{ request: { url: 'https://other.example/x' }, expect: body.ok }", {
      path: "targets[0].checks[0].journey[0].request.url",
      message: "another origin than the target's",
    }],
    ["{ request: { path: '{{ run.id }}' }, expect: body.ok }", {
      severity: "warning",
      path: "targets[0].checks[0].journey[0].request.path",
    }],
  ])("%s", async (step, problem) => {
    expect(await problemsOf(withStep(step))).toMatchObject([problem]);
  });
});
