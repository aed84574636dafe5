import type { WebhookEvent } from "./event.ts";
import { groupEvent, type GroupPart } from "./group_event.ts";
import { sampleEvent, type SampleOptions } from "./sample.ts";

const NAMES = [
  ...["shop", "search", "billing", "login", "mail", "maps"],
  ...["feed", "images", "invoices", "queue", "reports", "archive"],
];
/** How many of the sample incidents are resolved. */
const OVER = 2;

/** A sample group message: ten incidents opened, two resolved. */
export function sampleGroup({ publicUrl = "https://assay.example" }: SampleOptions = {}): WebhookEvent {
  const [first, ...rest] = NAMES.map((name, i): GroupPart => {
    const change = i < NAMES.length - OVER ? "opened" : "resolved";
    const event = sampleEvent(change, { publicUrl, id: `inc_sample_${name}` });
    event.data.target = { ...event.data.target, id: `sample-${name}`, name: `Sample ${name}` };
    event.data.summary = event.data.summary.replace("Sample shop", `Sample ${name}`);
    return { id: `inc_sample_${name}_1_${change}`, event };
  });
  return groupEvent([first!, ...rest], { change: "opened", publicUrl });
}
