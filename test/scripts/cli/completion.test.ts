import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { completionScript } from "../../../scripts/cli/completion.ts";
import { program } from "../../../scripts/cli/program.ts";
import { testWith } from "../../world/tool.ts";

describe.each(["bash", "zsh", "fish"])("%s", (shell) => {
  test("completes every verb and every option", () => {
    const script = completionScript(shell, program);
    for (const command of program.commands) {
      expect(script).toContain(command.name());
      for (const { long } of command.options) expect(script).toContain(long!.slice(2));
    }
  });
});

/** What bash offers for these words, of which the last is not finished. */
function offered(...words: string[]): string[] {
  const text = `${completionScript("bash", program)}
COMP_WORDS=(assay ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_assay
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync("bash", ["--norc", "-c", text], { encoding: "utf8" }).stdout.trim().split("\n");
}

testWith("bash", "apt-get install -y bash")("bash offers verbs, options and choices", () => {
  expect(offered("re")).toEqual(["report", "replay", "restore"]);
  expect(offered("run", "--fo")).toEqual(["--format"]);
  expect(offered("run", "--format", "j")).toEqual(["json", "junit"]);
  expect(offered("start", "assay.y")).toEqual([""]);
});
