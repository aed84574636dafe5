import { expect, test } from "vitest";
import { notices } from "../../../../src/engine/notify/mod.ts";
import { standardWebhooks } from "../../../../src/engine/notify/sinks/standard_webhooks.ts";
import { config, FAILURE, prober, SLOT, state, transition } from "../incident_fixture.ts";

// Receivers, and outboxes of the version before, know the stored text itself as what is sent.
test("what is rendered is the stored event, to the byte", () => {
  const text = 'ü "\\ \u0000 \u2028 </script> \u{1f680}';
  const { config: whole, check } = config({ eu: ["home", "10", "2"] });
  const failure = {
    ...FAILURE,
    detail: text,
    values: { ["__proto__"]: text, [text]: text, 7: "7", 0.5: "-0" },
  };
  const probers = { home: prober("drift", { failure }), 10: prober("drift", { totalMs: 1e21 }) };
  const target = { ...check.target, labels: { b: "1", 10: "2", 2: "3", [text]: "4" } };
  const context = {
    check: { ...check, target },
    state: state(probers, { eu: "drift" }),
    config: whole,
    slot: SLOT,
  };
  const { body } = notices(transition("opened"), context)[0]!;
  const settings = { url: "", secret: "" };
  expect(standardWebhooks.render(JSON.parse(body), settings)).toBe(body);
});
