/**
 * Assay for the fleet: a target for each replica and one for the whole fleet, and `assay gate` as a
 * deployment tool calls it.
 */
import { join } from "node:path";
import { CONSTANTS } from "./constants.ts";
import { type Child, startScript } from "../bench/processes.ts";

const CLI = new URL("../cli/assay.ts", import.meta.url).pathname;
const TOKEN = "experiment";
/** The target behind the proxy. */
export const FLEET = "fleet";
/** The path of HAProxy's check: evidence of the last three minutes, as in examples/gates/haproxy.cfg. */
export const FLEET_GATE = `/v1/gates/${FLEET}/k/${TOKEN}?since=3m`;

/** A target: its id and its port on loopback. */
export interface Target {
  id: string;
  port: number;
}

/** The config: each target's report, and a journey that reads one item. */
export function assayConfig(targets: readonly Target[]): string {
  const { every, successThreshold, failureThreshold } = CONSTANTS.assay;
  return [
    "version: 1",
    "store: { memory: {} }",
    "allowPrivate: true",
    `api: { token: "\${env:ASSAY_TOKEN}" }`,
    `defaults: { every: ${every}, timeout: 900ms, retry: 0, successThreshold: ${successThreshold}, failureThreshold: ${failureThreshold} }`,
    "targets:",
    ...targets.flatMap(({ id, port }) => [
      `  - id: ${id}`,
      `    url: http://127.0.0.1:${port}`,
      "    checks:",
      "      - id: items",
      "        report: { path: /readyz }",
      "        journey:",
      "          - name: read an item",
      "            request: { path: /items/7 }",
      `            expect: ["status == 200", "body.id == 7", "body.price > 0"]`,
    ]),
    "",
  ].join("\n");
}

/** Starts `assay start` on a free port. */
export async function startAssay(folder: string, targets: readonly Target[]): Promise<Child> {
  const file = join(folder, "assay.yaml");
  await Deno.writeTextFile(file, assayConfig(targets));
  return await startScript(CLI, ["start", file, "--port", "0"], { ASSAY_TOKEN: TOKEN });
}

/** Runs `assay gate <target> --wait …`; returns whether it passed. */
export async function waitForGate(port: number, target: string, waitMs: number): Promise<boolean> {
  const wait = ["--since", "0s", "--wait", `${Math.max(0, Math.round(waitMs))}ms`, "--every", "250ms"];
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "gate", target, ...wait, "--url", `http://127.0.0.1:${port}`],
    env: { ASSAY_TOKEN: TOKEN },
    stdout: "null",
    stderr: "null",
  }).output();
  return code === 0;
}
