/** Child processes of a bench, and what Linux says that they took. */

/** A child that has said where it listens. */
export interface Child {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

/** Starts a script of Deno's that prints one line of JSON with its port, or logs one to standard error. */
export async function startScript(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Child> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--unstable-cron", "--unstable-net", script, ...args],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) void findPort(stream, resolve);
  void child.status.then(({ code }) => resolve(-code - 1));
  const port = await promise;
  if (port < 0) throw new Error(`${script} ended with ${-port - 1}`);
  return {
    pid: child.pid,
    port,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** Reads to the end, so that the child never waits for its reader. */
async function findPort(stream: ReadableStream<Uint8Array>, found: (port: number) => void): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-4_096);
    const [, port] = /"port":(\d+)/.exec(text) ?? [];
    if (port !== undefined) found(Number(port));
  }
}

/** What a process has taken since it began. */
export interface Usage {
  /** User and system, ms. */
  cpuMs: number;
  rssMb: number;
  peakMb: number;
  handles: number;
}

/** Ticks of the clock in which the kernel counts CPU (sysconf(_SC_CLK_TCK)): 100 everywhere. */
const TICK_MS = 10;

/** As proc(5) tells. */
export function usageOf({ pid }: Pick<Child, "pid">): Usage {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1_024;
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    rssMb: mb("VmRSS"),
    peakMb: mb("VmHWM"),
    handles: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
  };
}
