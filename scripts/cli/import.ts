import { Argument, Command } from "commander";
import { ConfigError, load } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { importBlackbox } from "./import/blackbox.ts";
import { importCurl } from "./import/curl.ts";
import { type Imported, type Remark, SecretNames } from "./import/draft.ts";
import { importGatus } from "./import/gatus.ts";
import { importKubernetes } from "./import/kubernetes.ts";
import { importOpenapi } from "./import/openapi.ts";
import { importPostman } from "./import/postman.ts";
import { importUptimeKuma } from "./import/uptime_kuma.ts";
import { writeConfig } from "./import/write.ts";
import { fail, formatProblems, INVALID, USAGE } from "./terminal.ts";

type Importer = (texts: string[], secrets: SecretNames) => Imported;

/** Imports each text separately. */
const each = (one: (text: string, secrets: SecretNames) => Imported): Importer => (texts, secrets) => {
  const all = texts.map((text) => one(text, secrets));
  return { checks: all.flatMap(({ checks }) => checks), remarks: all.flatMap(({ remarks }) => remarks) };
};

/** One row per source kind. */
export const IMPORTERS: Record<string, Importer> = {
  curl: each(importCurl),
  gatus: each(importGatus),
  blackbox: importBlackbox,
  "uptime-kuma": each(importUptimeKuma),
  kubernetes: (texts, secrets) => importKubernetes(texts.join("\n---\n"), secrets),
  postman: importPostman,
  openapi: each(importOpenapi),
};

/** Exit code with `--strict` if something was lost. */
const LOST = 2;

interface ImportOptions {
  output?: string;
  strict?: boolean;
  showSecrets?: boolean;
}

/**
 * `assay import <kind> <file...>`: writes a config to review; sends no requests. Exit 1 invalid, 2 lost with
 * --strict, 3 usage.
 */
export const importCommand = new Command("import")
  .description(
    "Convert another tool's config. Exit 0 written, 1 invalid, 2 something was lost (with --strict), 3 usage.",
  )
  .addArgument(new Argument("<kind>", "the kind of the files").choices(Object.keys(IMPORTERS)))
  .argument("<file...>", "the files; - is standard input")
  .option("-o, --output <file>", "the file to write; it must not exist")
  .option("--strict", "exit 2 if something was lost")
  .option("--show-secrets", "also print the values of secrets to standard error")
  .action(async (kind: string, files: string[], options: ImportOptions) => {
    const texts = await Promise.all(files.map(read));
    const secrets = new SecretNames();
    let imported: Imported;
    try {
      imported = IMPORTERS[kind]!(texts, secrets);
    } catch (error) {
      fail(USAGE, `Cannot read ${files.join(", ")} as ${kind}: ${(error as Error).message}`);
    }
    const { checks, remarks } = imported;
    const all = [...remarks, ...checks.flatMap(({ remarks }) => remarks)];
    if (checks.length === 0) {
      fail(USAGE, [`No check could be imported from ${files.join(", ")}.`, ...all.map(line)].join("\n"));
    }
    const text = writeConfig(imported, `${kind}: ${files.join(", ")}`);
    await write(text, options.output);
    console.error([...all.map(line), summaryOf(imported, all), ...exportsOf(secrets, options)].join("\n"));
    await validate(text, options.output ?? "the config");
    if (options.strict && all.some(({ kind }) => kind === "lost")) Deno.exit(LOST);
  });

const line = ({ kind, at, text }: Remark) => `${kind}: ${at}: ${text}`;

function summaryOf({ checks }: Imported, remarks: Remark[]): string {
  const count = (kind: Remark["kind"]) => remarks.filter((remark) => remark.kind === kind).length;
  return `${checks.length} ${checks.length === 1 ? "check" : "checks"}; ${
    count("approximated")
  } approximated, ${count("lost")} lost`;
}

function exportsOf({ values }: SecretNames, { showSecrets }: ImportOptions): string[] {
  const quote = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;
  return [...values].map(([name, value]) => `export ${name}=${showSecrets ? quote(value) : "..."}`);
}

const read = async (file: string) =>
  await (file === "-" ? new Response(Deno.stdin.readable).text() : Deno.readTextFile(file)).catch((error) =>
    fail(USAGE, `Cannot read ${file}: ${error.message}`)
  );

async function write(text: string, output: string | undefined): Promise<void> {
  if (output === undefined) return console.log(text.trimEnd());
  await Deno.writeTextFile(output, text, { createNew: true }).catch((error) =>
    fail(USAGE, `Cannot write ${output}: ${error.message}`)
  );
}

/**
 * Validates the written config, which may be invalid, for example because of a pattern with lookaround.
 * Positions are those of the output.
 */
async function validate(text: string, file: string): Promise<void> {
  try {
    await load({ kind: "yaml", text }, { kinds: KINDS });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(formatProblems(file, error.problems.filter(({ severity }) => severity === "error")));
    Deno.exit(INVALID);
  }
}
