/** Opens what the tests in workerd ask over loopback: the shop, and the server of all answers. */
import type { TestProject } from "vitest/node";
import { spawn } from "../process/child.ts";
import type { RawServer } from "../world/answers/server.ts";
import { SHOP_PORT } from "./ports.ts";
import { openStepPeers, type StepPeers } from "./step_peers.ts";
import { openShop } from "./shop_server.ts";

/** Ports of the server of all answers. */
export type Doors = RawServer["doors"];

declare module "vitest" {
  interface ProvidedContext {
    doors: Doors;
    stepPeers: StepPeers;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { close } = await openShop(SHOP_PORT);
  // A process of its own: what floods must not hold up the runner.
  const answers = spawn("../world/answers/main.ts", []);
  project.provide("doors", JSON.parse(await answers.line("out", (line) => line.startsWith("{"))).doors);
  const peers = await openStepPeers();
  project.provide("stepPeers", peers.ports);
  return async () => {
    answers.kill("SIGKILL");
    await Promise.all([answers.ended, close(), peers.close()]);
  };
}
