import { load, runCommands, waitForStatus } from "./commands.ts";

const { default: fastify } = await load("fastify");
const { default: underPressure } = await load("@fastify/under-pressure");

let status: string | undefined = "starting";
const app = fastify();
await app.register(underPressure, {
  exposeStatusRoute: "/status",
  healthCheckInterval: 10,
  healthCheck: () => Promise.resolve(status !== undefined && { status }),
});
app.get("/orders", () => "an order");
await app.listen({ port: 0, host: "127.0.0.1" });
const { port } = app.server.address();
const is = (word: string | undefined, code: number) => () => {
  status = word;
  return waitForStatus(`http://127.0.0.1:${port}/orders`, code);
};
await runCommands(port, {
  starting() {},
  ready: is("ok", 200),
  failing: is(undefined, 503),
  draining: is("shutting_down", 200),
});
