import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { configTexts, watchConfig } from "../../../scripts/cli/watch.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-watch-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Counts the changes of a config, and waits for the next one. */
async function watched(file: string) {
  const stop = new AbortController();
  let changes = 0;
  let next = Promise.withResolvers<number>();
  const heard = () => {
    next.resolve(++changes);
    next = Promise.withResolvers();
    return Promise.resolve();
  };
  const done = watchConfig(file, { known: await configTexts(file), changed: heard, signal: stop.signal });
  return { next: () => next.promise, end: () => (stop.abort(), done) };
}

test("a file that is written, replaced, removed and written again is heard each time", async () => {
  const file = join(folder, "assay.yaml");
  writeFileSync(file, "version: 1\n");
  const { next, end } = await watched(file);
  const changes = [
    () => writeFileSync(file, "version: 2\n"),
    () => {
      writeFileSync(`${file}~`, "version: 3\n");
      renameSync(`${file}~`, file);
    },
    () => rmSync(file),
    () => writeFileSync(file, "version: 4\n"),
  ];
  for (const [i, change] of changes.entries()) {
    const heard = next();
    change();
    expect(await heard).toBe(i + 1);
  }
  await end();
}, 30_000);

test("a mounted ConfigMap, whose link moves to another folder, is heard", async () => {
  const mount = join(folder, "mount");
  for (const [name, text] of [["one", "version: 1\n"], ["two", "version: 2\n"]] as const) {
    mkdirSync(join(mount, name), { recursive: true });
    writeFileSync(join(mount, name, "assay.yaml"), text);
  }
  symlinkSync("one", join(mount, "..data"));
  symlinkSync("..data/assay.yaml", join(mount, "assay.yaml"));
  const { next, end } = await watched(join(mount, "assay.yaml"));
  const heard = next();
  symlinkSync("two", join(mount, "..new"));
  renameSync(join(mount, "..new"), join(mount, "..data"));
  expect(await heard).toBe(1);
  await end();
}, 30_000);
