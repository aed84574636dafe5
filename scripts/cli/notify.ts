/** `assay notify`: previews a sink's message, and tests whether the sink accepts it. */
import { Command, Option } from "commander";
import { KINDS } from "../../functions/deno/kinds.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { openStore } from "../../functions/deno/start.ts";
import { messageOf } from "../../src/base/error_message.ts";
import type { Config, Webhook } from "../../src/config/config.ts";
import type { WebhookEvent } from "../../src/engine/notify/mod.ts";
import { SAMPLE_CHANGES, sampleEvent } from "../../src/engine/notify/sample.ts";
import { sampleGroup } from "../../src/engine/notify/sample_group.ts";
import { findSink, type SinkAnswer } from "../../src/engine/notify/sink.ts";
import { DEFAULT_FILE, fail, loadFile, printResult, USAGE } from "./terminal.ts";

const DEADLINE_MS = 15_000;
/** Exit code if the message was not delivered. */
const NOT_DELIVERED = 1;

/** Placeholder settings to preview a sink kind without a config; no kind needs more to render. */
const PLACEHOLDERS = {
  url: "https://receiver.example",
  text: "{{ message.title }}\n{{ message.lines }}",
  from: "assay@example.com",
  to: ["oncall@example.com"],
};

const changeOption = () =>
  new Option("--change <change>", "the change to preview").choices(SAMPLE_CHANGES).default("opened");

interface TestOptions {
  file: string;
  allowPrivate?: boolean;
  json?: boolean;
}

const testCommand = new Command("test")
  .description(
    "Send a test message to a webhook of the config, and print the response. Exit 0 accepted, 1 not accepted, 3 usage.",
  )
  .argument("<webhook>", "the id of a webhook of the config")
  .option("--file <file>", "the config file", DEFAULT_FILE)
  .option("--allow-private", "allow private and loopback addresses")
  .option("--json", "print JSON")
  .action(async (id: string, { file, allowPrivate, json }: TestOptions) => {
    const { config, text } = await loadFile(file, { runtime: "deno", allowPrivate });
    const webhook = config.webhooks.find((webhook) => webhook.id === id) ??
      fail(USAGE, `The config has no webhook ${id}: ${idsOf(config)}`);
    const answers = await sendSample(webhook, config, denoPorts(text, config));
    printResult(
      { json, value: { webhook: id, kind: webhook.kind, answers } },
      answers.map(formatAnswer).join("\n"),
    );
    if (answers.some(({ kind }) => kind !== "delivered")) Deno.exit(NOT_DELIVERED);
  });

/** Sends the sample and returns the sink's answers. Resolves it again at sinks that keep incidents open. */
async function sendSample({ kind, settings }: Webhook, config: Config, ports: ReturnType<typeof denoPorts>) {
  const sink = findSink(KINDS.sinks, kind);
  const openedAt = ports.clock.now();
  // A new id each time, because receivers ignore an id that they have seen.
  const id = `inc_test_${openedAt.toString(36)}`;
  const answers: (SinkAnswer & { change: string })[] = [];
  for (const change of sink.keepsState ? ["opened", "resolved"] as const : ["opened"] as const) {
    const event = sampleEvent(change, { publicUrl: config.publicUrl, id, openedAt });
    const message = { id: `${id}_${change}`, event, body: sink.render(event, settings) };
    answers.push({ change, ...await sink.deliver(message, settings, { ...ports, deadlineMs: DEADLINE_MS }) });
  }
  return answers;
}

const formatAnswer = ({ change, kind, receiver, detail }: SinkAnswer & { change: string }) =>
  [`${change}: ${kind}`, receiver && ` by ${receiver}`, detail && `: ${detail}`].filter(Boolean).join("");

interface PreviewOptions {
  sink: string;
  change: (typeof SAMPLE_CHANGES)[number];
  file?: string;
}

const previewCommand = new Command("preview")
  .description("Print a sink's message without sending it. Exit 0 printed, 3 usage.")
  .argument(
    "<incident>",
    "`sample`, `group` (several incidents), or the id of an incident in the config's store",
  )
  .requiredOption("--sink <sink>", "the id of a webhook in the config, or a sink kind")
  .option("--file <file>", "the config file; by default none for a sample, else assay.yaml")
  .addOption(changeOption())
  .action(async (incident: string, { sink: named, change, file }: PreviewOptions) => {
    const isSample = incident === "sample" || incident === "group";
    const config = isSample && file === undefined
      ? undefined
      : (await loadFile(file ?? DEFAULT_FILE, { envMissing: "warning" })).config;
    const webhook = config?.webhooks.find(({ id }) => id === named) ??
      { kind: named, settings: PLACEHOLDERS };
    const sink = KINDS.sinks.find(({ kind }) => kind === webhook.kind) ??
      fail(
        USAGE,
        `No webhook or sink kind is named ${named}; the kinds are ${
          KINDS.sinks.map(({ kind }) => kind).join(", ")
        }`,
      );
    const options = { publicUrl: config?.publicUrl };
    const event = incident === "group"
      ? sampleGroup(options)
      : isSample
      ? sampleEvent(change, options)
      : await eventOf(config!, incident, change);
    console.log(indented(sink.render(event, webhook.settings)));
  });

/** The newest stored event of an incident with this change. */
async function eventOf(config: Config, incident: string, change: string): Promise<WebhookEvent> {
  const store = openStore(config);
  try {
    const { items } = await store.listDeliveries({ incident, limit: 500 });
    const found = items.find(({ type }) => type === `incident.${change}`);
    if (found) return JSON.parse(found.body);
    return fail(USAGE, `The store has no "${change}" notice of incident ${incident}`);
  } catch (error) {
    return fail(USAGE, `Cannot read the store: ${messageOf(error)}`);
  } finally {
    await store.close();
  }
}

const idsOf = ({ webhooks }: Config) =>
  webhooks.length === 0 ? "it has none" : `it has ${webhooks.map(({ id }) => id).join(", ")}`;

/** Indents JSON; returns anything else unchanged. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** `assay notify test|preview`. */
export const notifyCommand = new Command("notify")
  .description("Preview a sink's messages, or test that it accepts one")
  .addCommand(testCommand.exitOverride())
  .addCommand(previewCommand.exitOverride());
