/** HAProxy in front of the replicas, controlled through its runtime API as by a deployment tool. */
import { join } from "node:path";
import type { Arm } from "./arms.ts";
import { CONSTANTS } from "./constants.ts";

/** The server states that a deployment tool sets. */
export type AdminState = "ready" | "drain" | "maint";

/** A running HAProxy. */
export interface Proxy {
  set(server: string, state: AdminState): Promise<void>;
  /** Whether HAProxy's own check has passed often enough in a row to count the server as up. */
  isUp(server: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** The servers, and the fleet's gate for the arm that routes by it. */
export interface ProxyPlan {
  folder: string;
  port: number;
  servers: readonly { name: string; port: number; spare: boolean }[];
  fleetGate?: { port: number; path: string };
}

const CHECKS: Record<Arm["check"], (plan: ProxyPlan) => string[]> = {
  port: () => [],
  "/healthz": () => ["option httpchk GET /healthz"],
  "/readyz": () => ["option httpchk GET /readyz"],
  // As in examples/gates/haproxy.cfg: only a failed gate takes a server out.
  fleet: ({ fleetGate }) => [
    `timeout check ${CONSTANTS.fleetCheck.timeoutMs}ms`,
    `option httpchk GET ${fleetGate!.path}`,
    "http-check expect rstatus ^(200|424|429|5..)$",
  ],
};

/** The HAProxy config for an arm. */
export function haproxyConfig({ check }: Arm, plan: ProxyPlan): string {
  const { interMs, rise, fall } = { ...CONSTANTS.check, ...check === "fleet" && CONSTANTS.fleetCheck };
  const elsewhere = check === "fleet" ? ` addr 127.0.0.1 port ${plan.fleetGate!.port}` : "";
  return [
    "global",
    `  stats socket ${socketOf(plan)} level admin`,
    "defaults",
    "  mode http",
    "  timeout connect 1s",
    "  timeout client 10s",
    `  timeout server ${CONSTANTS.clientTimeoutMs}ms`,
    "  retries 3",
    "  option redispatch",
    "frontend public",
    `  bind 127.0.0.1:${plan.port}`,
    "  default_backend app",
    "backend app",
    "  balance roundrobin",
    ...CHECKS[check](plan).map((line) => `  ${line}`),
    `  default-server check inter ${interMs}ms rise ${rise} fall ${fall}${elsewhere}`,
    ...plan.servers.map(({ name, port, spare }) =>
      `  server ${name} 127.0.0.1:${port}${spare ? " disabled" : ""}`
    ),
    "",
  ].join("\n");
}

const socketOf = ({ folder }: ProxyPlan) => join(folder, "haproxy.sock");

/** Starts HAProxy; resolves once its runtime API answers. */
export async function startProxy(arm: Arm, plan: ProxyPlan): Promise<Proxy> {
  const file = join(plan.folder, "haproxy.cfg");
  await Deno.writeTextFile(file, haproxyConfig(arm, plan));
  const child = new Deno.Command("haproxy", { args: ["-db", "-f", file], stdout: "null", stderr: "null" })
    .spawn();
  let ended = false;
  void child.status.then(() => ended = true);
  while (!await command(plan, "show info").catch(() => "")) {
    if (ended) throw new Error(`haproxy ended: try haproxy -c -f ${file}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    set: async (server, state) => void await command(plan, `set server app/${server} state ${state}`),
    isUp: async (server) => isUp(await command(plan, "show servers state app"), server),
    async stop() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function command(plan: ProxyPlan, line: string): Promise<string> {
  const connection = await Deno.connect({ transport: "unix", path: socketOf(plan) });
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${line}\n`));
  return await new Response(connection.readable).text();
}

/** `srv_check_result` of a passed check (HAProxy's management guide, 9.3, "show servers state"). */
const PASSED = "3";

/** Reads one server's line of `show servers state`. */
export function isUp(table: string, server: string): boolean {
  const [names, ...lines] = table.split("\n").filter((line) => line !== "" && line !== "1");
  const columns = names!.replace(/^# /, "").split(" ");
  const cells = lines.map((line) => line.split(" ")).find((line) =>
    line[columns.indexOf("srv_name")] === server
  );
  if (!cells) throw new Error(`haproxy has no server ${server}`);
  const cell = (name: string) => cells[columns.indexOf(name)]!;
  return cell("srv_check_result") === PASSED && Number(cell("srv_check_health")) >= CONSTANTS.check.rise;
}
