import { afterAll, beforeAll, describe } from "vitest";
import { contract } from "../contract.ts";
import { MISSING, needing, type Redis, redis } from "./redis_fixture.ts";

describe.skipIf(MISSING)(needing("upstash store"), () => {
  let here: Redis;
  beforeAll(async () => void (here = await redis()));
  afterAll(() => here.close());

  contract(() => here.store());
});
