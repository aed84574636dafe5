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

/** One text after the other, by themselves. */
const each = (one: (text: string, secrets: SecretNames) => Imported): Importer => (texts, secrets) => {
  const all = texts.map((text) => one(text, secrets));
  return { checks: all.flatMap(({ checks }) => checks), remarks: all.flatMap(({ remarks }) => remarks) };
};

/** One row a source. */
export const IMPORTERS: Record<string, Importer> = {
  curl: each(importCurl),
  gatus: each(importGatus),
  blackbox: importBlackbox,
  "uptime-kuma": each(importUptimeKuma),
  kubernetes: (texts, secrets) => importKubernetes(texts.join("\n---\n"), secrets),
  postman: importPostman,
  openapi: each(importOpenapi),
};

/** What of a source was lost, with `--strict`. */
const LOST = 2;

interface ImportOptions {
  output?: string;
  strict?: boolean;
  showSecrets?: boolean;
}

/** `assay import <kind> <file...>`: writes a config to review; it never asks anything. Exit 1 not valid, 2 lost with --strict, 3 usage. */
export const importCommand = new Command("import")
  .description(
    "Write a config from another tool's. Exit 0, with --strict 2 where something was lost, 3 usage.",
  )
  .addArgument(new Argument("<kind>", "whose files they are").choices(Object.keys(IMPORTERS)))
  .argument("<file...>", "its files; - is standard input")
  .option("-o, --output <file>", "write there; it must not exist")
  .option("--strict", "exit 2 if something was lost")
  .option("--show-secrets", "print the values of secrets to standard error, too")
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
      fail(USAGE, [`No check came of ${files.join(", ")}.`, ...all.map(line)].join("\n"));
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

/** What was imported may be no good config, as where a pattern has lookaround: the position is that of what was written. */
async function validate(text: string, file: string): Promise<void> {
  try {
    await load({ kind: "yaml", text }, { kinds: KINDS });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(formatProblems(file, error.problems.filter(({ severity }) => severity === "error")));
    Deno.exit(INVALID);
  }
}
