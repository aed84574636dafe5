import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import process from "node:process";
import { listen, load, runCommands, waitForStatus } from "./commands.ts";

const {
  HealthChecker,
  HealthEndpoint,
  LivenessCheck,
  ShutdownCheck,
  StartupCheck,
} = await load(
  "@cloudnative/health-connect",
);

let isStarted = false;
let isAlive = true;
const forever = new Promise(() => {});
const checker = new HealthChecker();
checker.registerStartupCheck(
  new StartupCheck("migrations", () => isStarted ? Promise.resolve() : forever),
);
checker.registerLivenessCheck(
  new LivenessCheck(
    "db",
    () => isAlive ? Promise.resolve() : Promise.reject(new Error("refused")),
  ),
);
checker.registerShutdownCheck(new ShutdownCheck("orders", () => forever));
const health: (request: IncomingMessage, response: ServerResponse) => void = HealthEndpoint(checker);
const port = await listen(
  createServer((request, response) => health(request, response)),
);
const url = `http://127.0.0.1:${port}/health`;
await runCommands(port, {
  starting() {},
  ready() {
    isStarted = true;
    return waitForStatus(url, 200);
  },
  failing() {
    isAlive = false;
    return waitForStatus(url, 503);
  },
  draining: () => process.emit("SIGTERM"),
});
