import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventsSchema } from "../../../src/engine/notify/event.ts";

test("schema/events.schema.json is the schema of the events that are sent", () => {
  const published = readFileSync(new URL("../../../schema/events.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(eventsSchema())));
});
