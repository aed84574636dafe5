/** Child processes of a bench, and what Linux says that they took. */

/** A child that has said where it listens. */
export interface Child {
  pid: number;
  port: number;
  /** What it printed, the last million characters, once it has ended. */
  output: Promise<string>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** As in `deno task start`: garbage makes the heap a third larger at most, in place of three times. */
const HEAP = "--v8-flags=--heap-growing-percent=30";

const KEPT_CHARACTERS = 1_000_000;

/** Starts a script of Deno's that prints one line of JSON with its port, or logs one to standard error. Throws with what it said if it ends before. */
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
      } catch { /* it has ended by itself */ }
      await child.status;
    },
  };
}

/** Reads to the end, so that the child never waits for its reader. */
async function read(stream: ReadableStream<Uint8Array>, found: (port: number) => void): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair)) {
    text = (text + chunk).slice(-KEPT_CHARACTERS);
    const port = /"port":(\d+)/.exec(text)?.[1];
    if (port !== undefined) found(Number(port));
  }
  return text;
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

/** See proc(5). */
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
