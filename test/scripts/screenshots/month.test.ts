import { expect, test } from "vitest";
import { openMonth } from "../../../scripts/screenshots/month.ts";
import { REGIONS, ROLLOUTS, SERVICES, TROUBLES } from "../../../scripts/screenshots/services.ts";
import { memoryStore } from "../../../src/storage/memory.ts";

test("the month of the screenshots has seven services, and each trouble is about a check and region that there are", async () => {
  const { config } = await openMonth(memoryStore());
  expect(config.targets.map(({ id }) => id)).toEqual(SERVICES.map(({ id }) => id));
  expect(SERVICES).toHaveLength(7);
  for (const { service, checks = [], regions = [] } of TROUBLES) {
    const target = config.targets.find(({ id }) => id === service);
    expect(target?.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(checks));
    expect(Object.keys(REGIONS)).toEqual(expect.arrayContaining(regions));
  }
  for (const { service } of ROLLOUTS) expect(config.targets.map(({ id }) => id)).toContain(service);
});
