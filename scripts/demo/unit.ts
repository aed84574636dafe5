/** A service of systemd's kind for `demo --push`: it says that it is ready once, and has no word to take that back. */
import { notify } from "../cli/push/notify_socket.ts";

/** What is started, and where what it says is pushed to. */
export interface UnitOptions {
  /** Of Assay. */
  url: string;
  /** Where its notify socket may stand. */
  folder: string;
  env: Record<string, string>;
  /** Called with each line that `assay push` logs. */
  onLine: (line: { message: string; state?: string; dialect?: string }) => void;
}

/** Starts the service below `assay push --notify-socket`, as systemd would start that. */
export function startUnit({ url, folder, env, onLine }: UnitOptions): Deno.ChildProcess {
  const here = (file: string) => new URL(file, import.meta.url).pathname;
  const deno = ["run", "-A", "--quiet"];
  const where = [
    "--url",
    url,
    "--target",
    "shop",
    "--check",
    "orders",
    "--token-env",
    "UNIT_TOKEN",
    "--interval",
    "2s",
  ];
  const service = [Deno.execPath(), ...deno, here("unit.ts")];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...deno,
      here("../cli/assay.ts"),
      "push",
      ...where,
      "--notify-socket",
      `${folder}/unit.sock`,
      "--",
      ...service,
    ],
    env,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  (async () => {
    let rest = "";
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.startsWith("{")) onLine(JSON.parse(line));
    }
  })();
  return child;
}

if (import.meta.main) {
  await notify(Deno.env.get("NOTIFY_SOCKET")!, "READY=1\nSTATUS=Serving");
  await new Promise((resolve) => Deno.addSignalListener("SIGTERM", () => resolve(null)));
  await notify(Deno.env.get("NOTIFY_SOCKET")!, "STOPPING=1");
  Deno.exit(0);
}
