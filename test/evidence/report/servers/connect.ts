import { createServer } from "node:http";
import { listen, load, runCommands } from "./commands.ts";

const { create, createFileRegistry } = await load("@bufbuild/protobuf");
const {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} = await load(
  "@bufbuild/protobuf/wkt",
);
const { Code, ConnectError } = await load("@connectrpc/connect");
const { connectNodeAdapter } = await load("@connectrpc/connect-node");

/** grpc/health/v1/health.proto, as its compiler would describe it. */
const health = create(FileDescriptorSetSchema, {
  file: [{
    name: "grpc/health/v1/health.proto",
    package: "grpc.health.v1",
    syntax: "proto3",
    messageType: [
      {
        name: "HealthCheckRequest",
        field: [field("service", 1, FieldDescriptorProto_Type.STRING)],
      },
      {
        name: "HealthCheckResponse",
        field: [{
          ...field("status", 1, FieldDescriptorProto_Type.ENUM),
          typeName: ".grpc.health.v1.HealthCheckResponse.ServingStatus",
        }],
        enumType: [{
          name: "ServingStatus",
          value: ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"].map((
            name,
            number,
          ) => ({
            name,
            number,
          })),
        }],
      },
    ],
    service: [{
      name: "Health",
      method: [{
        name: "Check",
        inputType: ".grpc.health.v1.HealthCheckRequest",
        outputType: ".grpc.health.v1.HealthCheckResponse",
      }],
    }],
  }],
});

function field(name: string, number: number, type: number) {
  return {
    name,
    jsonName: name,
    number,
    type,
    label: FieldDescriptorProto_Label.OPTIONAL,
  };
}

const SERVING = 1;
const NOT_SERVING = 2;
let whole = NOT_SERVING;
let orders = NOT_SERVING;
let isBroken = false;

const service = createFileRegistry(health).getService("grpc.health.v1.Health");
const handler = connectNodeAdapter({
  routes: (
    router: {
      service(service: unknown, methods: Record<string, unknown>): void;
    },
  ) =>
    router.service(service, {
      check({ service }: { service: string }) {
        if (isBroken) throw new ConnectError("no database", Code.Unavailable);
        if (
          service !== "" && service !== "shop.v1.Orders"
        ) throw new ConnectError(service, Code.NotFound);
        return { status: service === "" ? whole : orders };
      },
    }),
});
const say = (server: number, service = server, broken = false) => () => {
  [whole, orders, isBroken] = [server, service, broken];
};
await runCommands(await listen(createServer(handler)), {
  starting: say(NOT_SERVING),
  ready: say(SERVING),
  partial: say(SERVING, NOT_SERVING),
  failing: say(SERVING, SERVING, true),
  draining: say(NOT_SERVING),
});
