/**
 * `deno task deploy [--plan free|paid] [wrangler arguments]` and `deno task dev:worker`: check the config, compile it to JSON so that
 * no YAML parser is bundled, hold it against the plan's limits, then hand over to wrangler.
 */
import { compiled } from "../src/config/compiled.ts";
import { readYaml } from "../src/config/yaml.ts";
import { spare } from "./spare.ts";
import { DEFAULT_FILE, fail, loadFile, USAGE, warn } from "./terminal.ts";

const WRANGLER = "npm:wrangler@4.155.0";
const COMPILED = ".assay/config.json";

const [verb, ...rest] = Deno.args;
if (verb !== "deploy" && verb !== "dev") fail(USAGE, "Say deploy or dev");

const file = taken("--config-file") ?? DEFAULT_FILE;
const plan = taken("--plan") ?? "free";

// Secrets live in wrangler, so an unset one is only worth a warning here.
const loaded = await loadFile(file, { runtime: "cloudflare", envMissing: "warning" });
warn(file, loaded);
await Deno.mkdir(".assay", { recursive: true });
const bundled = JSON.stringify(compiled(readYaml(loaded.text).value));
await Deno.writeTextFile(COMPILED, bundled);

if (verb === "deploy") {
  const code = await run([
    "run",
    "-A",
    new URL("assay.ts", import.meta.url).pathname,
    "budget",
    file,
    "--plan",
    plan,
  ]);
  if (code !== 0) Deno.exit(code);
}
Deno.exit(
  await run([
    "run",
    "-A",
    WRANGLER,
    verb,
    // In front: `--var` and `--alias` take every word that follows.
    ...rest,
    "--var",
    verb === "deploy" ? `ASSAY_PLAN:${plan}` : "ASSAY_PLACES:assumed",
    ...spare(bundled),
  ]),
);

/** Takes an option and its value out of the arguments; the others are wrangler's. */
function taken(name: string): string | undefined {
  const at = rest.indexOf(name);
  return at < 0 ? undefined : rest.splice(at, 2)[1];
}

async function run(args: string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  return (await child.spawn().status).code;
}
