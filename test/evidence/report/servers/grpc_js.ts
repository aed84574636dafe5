import { load, runCommands } from "./commands.ts";

const { Server, ServerCredentials } = await load("@grpc/grpc-js");
const { HealthImplementation } = await load("grpc-health-check");

const health = new HealthImplementation({ "": "NOT_SERVING" });
const server = new Server();
health.addToServer(server);
server.bindAsync(
  "127.0.0.1:0",
  ServerCredentials.createInsecure(),
  (_: unknown, port: number) =>
    runCommands(port, {
      ready: () => health.setStatus("", "SERVING"),
      failing: () => health.setStatus("", "NOT_SERVING"),
    }),
);
