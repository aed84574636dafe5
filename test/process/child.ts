/** Processes under test: what they print, line by line, and how they end. */
import { fileURLToPath } from "node:url";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A running process. */
export interface Child {
  /** What it has printed so far. */
  out: string[];
  err: string[];
  /** The first line, printed or to come, that holds; rejects if the process ends without one. */
  line(from: "out" | "err", holds: (line: string, index: number) => boolean): Promise<string>;
  write(line: string): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** How it ended; nothing is printed any more. */
  ended: Promise<Deno.CommandStatus>;
}

/** Starts a script of this folder, or of `../../scripts`. */
export function spawn(script: string, args: string[], env: Record<string, string> = {}): Child {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", here(script), ...args],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines = { out: [] as string[], err: [] as string[] };
  const watchers = new Set<() => void>();
  const look = () => watchers.forEach((watcher) => watcher());
  const read = async (stream: ReadableStream<Uint8Array>, into: string[]) => {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair)) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      into.push(...parts);
      look();
    }
    if (rest) into.push(rest);
  };
  const reading = Promise.all([read(process.stdout, lines.out), read(process.stderr, lines.err)]);
  let over = false;
  const ended = reading.then(() => process.status).finally(() => {
    over = true;
    look();
  });
  const stdin = process.stdin.getWriter();
  stdin.closed.catch(() => {});
  return {
    ...lines,
    ended,
    line: (from, holds) =>
      new Promise((resolve, reject) => {
        const watcher = () => {
          const line = lines[from].find(holds);
          if (line === undefined && !over) return;
          watchers.delete(watcher);
          if (line !== undefined) resolve(line);
          else reject(new Error(`It ended without that line:\n${[...lines.out, ...lines.err].join("\n")}`));
        };
        watchers.add(watcher);
        watcher();
      }),
    write: (line) => stdin.write(new TextEncoder().encode(`${line}\n`)),
    kill(signal) {
      if (!over) process.kill(signal);
    },
  };
}
