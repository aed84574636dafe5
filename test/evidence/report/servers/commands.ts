/** What every server of this folder does: it says where it listens, goes into the states that it is told, and ends with who started it. */
import process from "node:process";
import { createInterface } from "node:readline";

/** How a server gets into a state; where that takes a while it resolves when it is there. */
export type Transitions = Record<string, () => unknown>;

/**
 * A package of `deno.json` in this folder. By a name that the type checker of the project does not follow: a newcomer
 * who runs Assay downloads none of these.
 */
export const load = (name: string) => import(name);

/** Prints the base URL, then obeys one state a line, and answers each with one line. Nothing else may print. */
export async function runCommands(port: number, moves: Transitions): Promise<never> {
  console.log(`http://127.0.0.1:${port}`);
  for await (const line of createInterface({ input: process.stdin })) {
    await moves[line]!();
    console.log(`is ${line}`);
  }
  process.exit();
}

/** Asks until the answer has this code. */
export async function waitForStatus(url: string, code: number): Promise<void> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === code) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The port that a server of node:http has got. */
export function listen(server: import("node:http").Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        throw new Error("no port");
      }
      resolve(address.port);
    });
  });
}
