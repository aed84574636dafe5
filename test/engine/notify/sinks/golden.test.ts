/** What each kind of receiver gets for the sample incident, as it goes out: test/fixtures/sinks. */
import { describe, expect, test } from "vitest";
import { references, secretsOf } from "../../../../src/base/secrets.ts";
import { event as eventShape } from "../../../../src/engine/notify/event.ts";
import { SAMPLE_CHANGES, sampleEvent } from "../../../../src/engine/notify/sample.ts";
import { sampleGroup } from "../../../../src/engine/notify/sample_group.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { steppingClock } from "../../../world/clock.ts";
import { FIXTURES } from "./fixtures.ts";
import { recordingPorts } from "./recording_ports.ts";

const root = new URL("../../../fixtures/sinks/", import.meta.url).pathname;

const CASES = SINKS.flatMap((sink) => [
  ...SAMPLE_CHANGES.map((change) => [sink.kind, change, sink, sampleEvent(change)] as const),
  ...(sink.grouping === "never" ? [] : [[sink.kind, "group", sink, sampleGroup()] as const]),
]);

describe("the sample", () => {
  test("of a group is an event as any other", () => {
    expect(eventShape.parse(sampleGroup())).toEqual(sampleGroup());
  });

  test.each(SAMPLE_CHANGES)("of %s is an event as any other, and says that it is none", (change) => {
    const sample = sampleEvent(change);
    expect(eventShape.parse(sample)).toEqual(sample);
    expect(sample.data.summary).toMatch(/^This is a test: /);
  });
});

test.each(CASES)("%s gets %s like this", async (kind, change, sink, event) => {
  const { settings, env } = FIXTURES[kind]!.good;
  const secrets = secretsOf(references(JSON.stringify(settings)), (name) => env[name]);
  const message = { id: `inc_sample_1_${change}`, event, body: sink.render(event, settings) };
  const { ports, sent } = recordingPorts({ clock: steppingClock(), secrets });
  expect(await sink.deliver(message, settings, ports)).toMatchObject({ kind: "delivered" });
  await expect(secrets.redact(sent.join("\n\n"))).toMatchFileSnapshot(`${root}${kind}/${change}.txt`);
});
