/** Ports and secrets of the workerd tests: the config of the runner and its servers must agree on them before either starts. */
import { createServer } from "node:net";
import process from "node:process";

/** A port of loopback that nobody holds. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    })
  );
}

/** Where the shop of the workerd tests listens. The runner reads this module more than once. */
export const SHOP_PORT = Number(process.env.ASSAY_TEST_SHOP_PORT ??= String(await freePort()));

/** Variables and secrets of the Worker under test. */
export const SCENARIO_ENV = {
  ASSAY_PLAN: "paid",
  ASSAY_TOKEN: "edge-token",
  SHOP_URL: `http://127.0.0.1:${SHOP_PORT}`,
  ONCALL_URL: `http://127.0.0.1:${SHOP_PORT}/story/hook`,
  ONCALL_SECRET: `whsec_${btoa("0123456789abcdef0123456789abcdef")}`,
};
