/** Processes of a run: each prints a line of JSON with its port, and is ended with the run. */

/** A process that listens. */
export interface Child {
  port: number;
  /** All that it printed, once it has ended. */
  output: Promise<string>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a script of this repository and waits until it listens. Throws if it ends before, with what it said. */
export async function startScript(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Child> {
  const url = new URL(script, import.meta.url);
  return await startCommand(Deno.execPath(), ["run", "-A", "--quiet", url.pathname, ...args], env);
}

async function startCommand(command: string, args: string[], env: Record<string, string>): Promise<Child> {
  const child = new Deno.Command(command, { args, env, stdout: "piped", stderr: "piped" }).spawn();
  const listening = Promise.withResolvers<number>();
  const output = read(child.stdout, listening.resolve);
  const said = read(child.stderr, listening.resolve);
  void Promise.all([output, said]).then((texts) => {
    listening.reject(new Error(`${args.join(" ")} ended before it listened: ${texts.join("\n")}`));
  });
  return {
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
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const port = /"port":(\d+)/.exec(text)?.[1];
    if (port) found(Number(port));
  }
  return text;
}
