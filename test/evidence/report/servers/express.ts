import { load, runCommands } from "./commands.ts";

const { default: express } = await load("express");
const { default: actuator } = await load("express-actuator");
const { default: healthcheck } = await load("express-healthcheck");

let fault: unknown = { state: "starting" };
const app = express();
app.use(actuator({ basePath: "/actuator" }));
app.use("/healthcheck", healthcheck({ test: () => fault }));
const server = app.listen(0, "127.0.0.1", () =>
  runCommands(server.address().port, {
    starting() {},
    ready: () => fault = undefined,
    failing: () => fault = { db: "refused" },
    draining: () => fault = { state: "draining" },
  }));
