import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readBeside, readConfigFiles } from "../../../scripts/cli/config_files.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (path: string, text: string) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
};
put("assay.yaml", "version: 1\ninclude: [conf.d/*.yaml, shared.yml]\n");
put("shared.yml", "include: assay.yaml\n");
put("conf.d/b.yaml", "targets: []\n");
put("conf.d/a.yaml", "targets: []\n");
put("conf.d/notes.txt", "no config");
put("conf.d/body.bin", "body");
put("empty/notes.txt", "no config");
put("broken.yaml", "include: [missing.yaml]\n");

const files = async (path: string) =>
  (await readConfigFiles(join(folder, path))).map(({ file }) => relative(folder, file!));

describe("readConfigFiles", () => {
  test("reads a file, then what it includes, each once", async () => {
    expect(await files("assay.yaml")).toEqual(["assay.yaml", "conf.d/a.yaml", "conf.d/b.yaml", "shared.yml"]);
  });

  test("reads the YAML files of a folder, by name", async () => {
    expect(await files("conf.d")).toEqual(["conf.d/a.yaml", "conf.d/b.yaml"]);
  });

  test.each([["empty", "the folder has no .yaml or .yml file"], ["broken.yaml", "missing.yaml"]])(
    "%s is refused",
    async (path, reason) => {
      await expect(files(path)).rejects.toThrow(reason);
    },
  );
});

test("what a config names is read beside it", async () => {
  const bytes = await readBeside("body.bin", join(folder, "conf.d/a.yaml"));
  expect(new TextDecoder().decode(bytes)).toBe("body");
});
