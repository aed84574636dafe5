/**
 * A `Type=notify` service for `demo --push`: it reports ready once, and sd_notify has no notice to revoke
 * that.
 */
import { notify } from "../cli/push/notify_socket.ts";

/** Options of {@linkcode startUnit}. */
export interface UnitOptions {
  /** The URL of Assay. */
  url: string;
  /** The folder for its notify socket. */
  folder: string;
  env: Record<string, string>;
  /** Called with each line that `assay push` logs. */
  onLine: (line: { message: string; state?: string; dialect?: string }) => void;
}

/** Starts `assay push --notify-socket` with the service as its command, as systemd would. */
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
