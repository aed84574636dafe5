/**
 * A proxy between a service and systemd's notify socket (sd_notify(3)) that reports the notices it forwards.
 * With `Type=notify` and `NotifyAccess=main` this process is the unit's main process, so systemd accepts only
 * what it forwards.
 *
 *     command --NOTIFY_SOCKET--> here --NOTIFY_SOCKET--> systemd, if it started us
 *                                  +--> report
 */
import type { Log } from "../../../src/base/ports.ts";
import { notify } from "./notify_socket.ts";
import type { Reporter } from "./loop.ts";
import { readUnit } from "./systemd.ts";
import { messageOf } from "../../../src/base/error_message.ts";

/** Lines about the sending process, or with file descriptors attached; they cannot be forwarded. */
const SENDER_ONLY = /^(MAINPID|MAINPIDFD.*|FDSTORE.*|FDNAME|FDPOLL|BARRIER)=/;

/** Options of {@linkcode notifyProxy}. */
export interface ProxyOptions {
  /** Path of the socket to listen on. */
  path: string;
  /** The command to start. */
  command: string[];
  /** The command's environment; NOTIFY_SOCKET, if set, is systemd's socket. */
  env: Record<string, string>;
  log: Log;
}

/** A proxy with its running command. */
export interface NotifyProxy extends Reporter {
  over: Promise<number>;
  /** Forwards a signal to the command. */
  kill(signal: Deno.Signal): void;
}

/** The state that `systemctl show` would print for the command, judged by its notices alone. */
interface Unit {
  active:
    | "activating/start"
    | "active/running"
    | "reloading/reload"
    | "deactivating/stop"
    | "inactive/dead"
    | "failed/failed";
  status: string;
  result: string;
}

/** `STOPPING=1` is final: no later notice makes the unit active again. */
const NOTICES: [line: string, active: Unit["active"]][] = [
  ["READY=1", "active/running"],
  ["RELOADING=1", "reloading/reload"],
  ["STOPPING=1", "deactivating/stop"],
];

/**
 * Starts the command with a notify socket of its own. Throws if it cannot bind the socket or start the
 * command.
 */
export function notifyProxy({ path, command, env, log }: ProxyOptions): NotifyProxy {
  const [program, ...args] = command;
  const { NOTIFY_SOCKET: above, WATCHDOG_PID: _, ...rest } = env;
  const unit: Unit = { active: "activating/start", status: "", result: "success" };
  if (path === above) throw new Error(`${path} is systemd's own notify socket: use another path`);
  const watch = watchdog(Number(env.WATCHDOG_USEC ?? 0) / 1_000);
  let notifyChange = () => {};
  // Compares states only: many services count requests in STATUS, which should not cause extra pushes.
  const currentState = () => readUnit(unitText(program!, unit, false)).state;
  const socket = listen(path);
  const child = spawnCommand(program!, args, { ...rest, NOTIFY_SOCKET: path }, socket);

  const relay = async () => {
    for await (const [bytes] of socket) {
      const lines = new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "");
      const was = currentState();
      for (const line of lines) {
        applyNotice(unit, line);
        watch.note(line);
      }
      if (currentState() !== was) notifyChange();
      const passed = lines.filter((line) => !SENDER_ONLY.test(line)).join("\n");
      if (!above || passed === "") continue;
      await notify(above, passed).catch((error) => log.warn("not forwarded", { error: messageOf(error) }));
    }
  };
  const over = child.status.then(({ code, signal }) => {
    unit.active = code === 0 ? "inactive/dead" : "failed/failed";
    unit.result = code === 0 ? "success" : signal ? `signal ${signal}` : `exit-code ${code}`;
    closeSocket(socket, path);
    return code;
  });
  relay().catch((error) => log.warn("the notify socket is closed", { error: messageOf(error) }));
  return {
    over,
    onChange: (wake) => void (notifyChange = wake),
    read: () => Promise.resolve(readUnit(unitText(program!, unit, watch.isLate()))),
    kill(signal) {
      try {
        child.kill(signal);
      } catch { /* it has already exited, and its end is being reported */ }
    },
  };
}

/** Binds a socket that only this user can write to. First removes one that a killed proxy left behind. */
function listen(path: string): Deno.DatagramConn {
  if (isSocket(path)) Deno.removeSync(path);
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  Deno.chmodSync(path, 0o600);
  return socket;
}

function spawnCommand(
  program: string,
  args: string[],
  env: Record<string, string>,
  socket: Deno.DatagramConn,
) {
  try {
    return new Deno.Command(program, { args, env, clearEnv: true, stdin: "null" }).spawn();
  } catch (error) {
    closeSocket(socket, env.NOTIFY_SOCKET!);
    throw error;
  }
}

function closeSocket(socket: Deno.DatagramConn, path: string): void {
  socket.close();
  if (isSocket(path)) Deno.removeSync(path);
}

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket ?? false;
  } catch {
    return false;
  }
}

function applyNotice(unit: Unit, line: string): void {
  if (line.startsWith("STATUS=")) unit.status = line.slice("STATUS=".length, 300);
  const active = NOTICES.find(([notice]) => notice === line)?.[1];
  if (active && unit.active !== "deactivating/stop") unit.active = active;
}

/** Whether `WATCHDOG=1` is overdue, as by WatchdogSec= of systemd.service(5). 0 ms: no deadline. */
function watchdog(limitMs: number) {
  let last: number | undefined;
  let isTriggered = false;
  return {
    note(line: string) {
      if (line === "WATCHDOG=1" || line === "READY=1") last = performance.now();
      if (line === "WATCHDOG=trigger") isTriggered = true;
      if (line.startsWith("WATCHDOG_USEC=")) limitMs = Number(line.slice("WATCHDOG_USEC=".length)) / 1_000;
    },
    isLate: () => isTriggered || (limitMs > 0 && last !== undefined && performance.now() - last > limitMs),
  };
}

function unitText(program: string, { active, status, result }: Unit, isLate: boolean): string {
  const [state, sub] = (isLate && active === "active/running" ? "failed/failed" : active).split("/");
  const id = program.split("/").at(-1);
  const why = isLate ? "watchdog" : result;
  return `Id=${id}\nType=notify\nActiveState=${state}\nSubState=${sub}\nResult=${why}\nStatusText=${status}\n`;
}
