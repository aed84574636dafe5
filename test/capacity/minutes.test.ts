import { expect, test } from "vitest";
import {
  budgetedMinute,
  countedMemory,
  countedSqlite,
  measureMinutes,
  minuteConfig,
} from "../../scripts/bench/minutes.ts";

test.each([3, 1])(
  "a quiet minute of %s turns takes what the budget says: commits, asks, rows",
  async (turns) => {
    const config = await minuteConfig(turns, "sqlite");
    const budgeted = budgetedMinute(config);
    expect(budgeted).toEqual({ commits: turns, asks: 3, writes: 1 + 2 * turns });
    expect(await measureMinutes(config, countedSqlite())).toEqual(budgeted);
    expect(await measureMinutes(config, countedMemory())).toEqual({ ...budgeted, writes: 0 });
  },
);
