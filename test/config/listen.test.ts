import { expect, test } from "vitest";
import { edit, loadText, problemsOf } from "./load_text.ts";

const withListen = (listen: string) => edit("version: 1\n", `version: 1\nlisten: ${listen}\n`);

test.each<[string, unknown]>([
  ["9090", 9090],
  ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
  ['"[::1]:8080"', { host: "::1", port: 8080 }],
  ["localhost:80", { host: "localhost", port: 80 }],
  ["unix:/run/assay.sock", { path: "/run/assay.sock" }],
])("%s", async (written, listen) => expect((await loadText(withListen(written))).listen).toEqual(listen));

test.each(["0", "70000", "127.0.0.1", '"::1:8080"', "127.0.0.1:70000", "unix:relative", "'a b:80'"])(
  "%s is an error",
  async (written) => expect(await problemsOf(withListen(written))).toMatchObject([{ path: "listen" }]),
);
