import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { spawn } from "./child.ts";

const text = (name: string) => readFileSync(`examples/push/${name}`, "utf8");

/** What follows `push` in a list or on a line. */
const after = (words: string[]) => words.slice(words.indexOf("push") + 1);

const EXAMPLES = {
  "assay-push.service": () => after(/^ExecStart=(.*)$/m.exec(text("assay-push.service"))![1]!.split(" ")),
  "compose.yaml": () => after(parse(text("compose.yaml")).services["assay-push"].command),
  "kubernetes.yaml": () => after(parse(text("kubernetes.yaml")).spec.template.spec.containers[0].args),
};

test.each(Object.entries(EXAMPLES))(
  "examples/push/%s starts as it stands: only Assay is not there",
  async (_, args) => {
    expect(args()).toEqual(expect.arrayContaining(["--url", "https://assay.example", "--ttl", "45s"]));
    const nowhere = ["--url", "http://127.0.0.1:2", "--timeout", "1s", "--once"];
    const pusher = spawn("../../scripts/cli/assay.ts", ["push", ...args(), ...nowhere], {
      ASSAY_PUSH_TOKEN: "a-token",
    });
    expect(await pusher.ended).toMatchObject({ code: 1 });
    expect(JSON.parse(pusher.err.at(-1)!)).toMatchObject({ message: "not pushed", why: "network" });
  },
  60_000,
);
