/** Child processes, and their resource usage on Linux. */

/** A child process that listens on a port. */
export interface Child {
  pid: number;
  port: number;
  /** The last million characters of its standard output, once it has exited. */
  output: Promise<string>;
  /** Sends SIGTERM and waits for the exit. */
  stop(): Promise<void>;
}

/** The flag of `deno task start`, which limits heap growth by garbage to about a third. */
const HEAP = "--v8-flags=--heap-growing-percent=30";

const KEPT_CHARACTERS = 1_000_000;

/**
 * Starts a Deno script and waits until it prints or logs its port as JSON. Throws with its output if it exits
 * before.
 */
export async function startScript(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Child> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--unstable-cron", "--unstable-net", HEAP, script, ...args],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<number>();
  const [output, said] = [child.stdout, child.stderr].map((stream) => read(stream, listening.resolve)) as [
    Promise<string>,
    Promise<string>,
  ];
  void Promise.all([output, said]).then((texts) =>
    listening.reject(new Error(`${script} ended before it listened: ${texts.join("\n")}`))
  );
  return {
    pid: child.pid,
    port: await listening.promise,
    output,
    async stop() {
      try {
        child.kill("SIGTERM");
      } catch { /* it has already exited */ }
      await child.status;
    },
  };
}

/** Reads a stream to its end, so that the child never blocks on a full pipe. */
async function read(stream: ReadableStream<Uint8Array>, found: (port: number) => void): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair)) {
    text = (text + chunk).slice(-KEPT_CHARACTERS);
    const port = /"port":(\d+)/.exec(text)?.[1];
    if (port !== undefined) found(Number(port));
  }
  return text;
}

/** The resource usage of a process since its start. */
export interface Usage {
  /** User and system, ms. */
  cpuMs: number;
  rssMb: number;
  peakMb: number;
  handles: number;
}

/** The kernel's unit of CPU time: sysconf(_SC_CLK_TCK) is 100 a second everywhere. */
const TICK_MS = 10;

/** The usage of a process so far, from proc(5). */
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
