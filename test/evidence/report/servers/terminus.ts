import { createServer } from "node:http";
import process from "node:process";
import { listen, load, runCommands } from "./commands.ts";

const { createTerminus, HealthCheckError } = await load("@godaddy/terminus");

let state = "starting";
const server = createServer((_, response) => void response.end("the shop"));
createTerminus(server, {
  healthChecks: {
    "/healthz"() {
      if (state === "starting") {
        throw Object.assign(new Error(), {
          statusCode: 503,
          statusResponse: { status: "starting" },
        });
      }
      if (state === "failing") {
        throw new HealthCheckError("failed", [{
          name: "db",
          message: "refused",
        }]);
      }
      return { db: "up" };
    },
  },
  // Its own lame-duck time, which lasts as long as the test.
  beforeShutdown: () => new Promise(() => {}),
});
await runCommands(await listen(server), {
  starting: () => state = "starting",
  ready: () => state = "ready",
  failing: () => state = "failing",
  draining: () => process.emit("SIGTERM"),
});
