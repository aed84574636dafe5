import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** What a process that was started with these flags says of loopback. */
async function asked(...flags: string[]): Promise<string[]> {
  const server = createServer((socket) =>
    void socket.on("error", () => {}).once("data", () => void socket.end("HTTP/1.1 204 No Content\r\n\r\n"))
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const script = fileURLToPath(new URL("permission_process.ts", import.meta.url));
  const args = [
    "run",
    "--no-prompt",
    "--unstable-net",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    ...flags,
  ];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: [...args, script, String(port)] })
    .output();
  await new Promise((resolve) => server.close(resolve));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

test("what a permission keeps closed is refused, and no fault of the target's", async () => {
  const words = "Refused: Cannot ask 127.0.0.1: this process lacks the permission (--deny-net)";
  const why = [
    expect.stringContaining(`http ${words}`),
    expect.stringContaining(`tcp ${words}`),
    expect.stringContaining(`udp ${words}`),
  ];
  expect(await asked("--allow-net", "--deny-net=127.0.0.0/8")).toEqual(why);
  expect(await asked("--allow-net=203.0.113.7")).toEqual(why);
  expect(await asked("--allow-net")).toEqual(["http open", "tcp open", "udp open"]);
});
