import { afterAll, beforeAll, describe } from "vitest";
import { contract } from "../contract.ts";
import { MISSING, type Redis, redis, titleOf } from "./redis_fixture.ts";

describe.skipIf(MISSING)(titleOf("upstash store"), () => {
  let here: Redis;
  beforeAll(async () => void (here = await redis()));
  afterAll(() => here.close());

  contract(() => here.store());
});
