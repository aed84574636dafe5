import { expect, test } from "vitest";
import { settlerFixture } from "../../world/settler_fixture.ts";

test("each change of an incident is one line, with what it is about and who agrees", async () => {
  const world = await settlerFixture();
  world.script.set("drift");
  await world.runMinutes(3);
  world.script.set("ready");
  await world.runMinutes(4);
  const lines = world.log.filter(({ message }) => message.startsWith("incident "));
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ["warn", "incident opened"],
    ["info", "incident resolved"],
  ]);
  const about = {
    ...{ incident: expect.any(String), episode: 1, target: "shop", check: "read" },
    ...{ family: "service", kind: "drift", severity: "critical", scope: "global" },
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  };
  expect(lines[0]!.fields).toMatchObject({ ...about, regions: { eu: "drift", us: "drift", ap: "drift" } });
  expect(lines[1]!.fields).toMatchObject({ ...about, reason: "recovered" });
});
