import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { notify } from "../../scripts/cli/push/notify_socket.ts";
import { notifyProxy } from "../../scripts/cli/push/notify.ts";

const log = { info() {}, warn() {}, error() {} };
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  path = join(folder, "s");
});
afterEach(() => rmSync(folder, { recursive: true }));

const proxy = (command: string[], above?: string) =>
  notifyProxy({ path, command, env: { ...Deno.env.toObject(), ...above && { NOTIFY_SOCKET: above } }, log });

test("notifyProxy tells at once what changes its word, and counts in STATUS at the next look", async () => {
  const service = proxy(["sleep", "60"]);
  const told: string[] = [];
  let next = Promise.withResolvers<void>();
  service.onChange!(async () => {
    told.push((await service.read()).state);
    next.resolve();
  });
  const says = async (line: string) => {
    next = Promise.withResolvers();
    await notify(path, line);
    await next.promise;
  };
  await says("READY=1");
  for (let i = 0; i < 20; i++) await notify(path, `STATUS=${i} requests`);
  await says("STATUS=Degraded: replica lag 41s");
  await says("STOPPING=1");
  expect(told).toEqual(["ready", "degraded", "draining"]);
  service.kill("SIGKILL");
  await service.over;
});

test("notifyProxy takes a signal that comes when its command has ended", async () => {
  const service = proxy(["true"]);
  expect(await service.over).toBe(0);
  expect(() => service.kill("SIGTERM")).not.toThrow();
});

test("notifyProxy does not take the socket away that it was given itself", () => {
  const systemd = Deno.listenDatagram({ transport: "unixpacket", path });
  expect(() => proxy(["true"], path)).toThrow("systemd's own notify socket");
  expect(Deno.lstatSync(path).isSocket).toBe(true);
  systemd.close();
});
