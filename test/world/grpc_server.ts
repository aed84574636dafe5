/** A real gRPC server (@grpc/grpc-js) with one service of its own. */
import { Buffer } from "node:buffer";
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { SHOP } from "./grpc_descriptor.ts";

const registry = createFileRegistry(SHOP);
const coding = (name: string) => {
  const type = registry.getMessage(name)!;
  return {
    write: (json: object) => Buffer.from(toBinary(type, fromJson(type, json as Record<string, string>))),
    read: (bytes: Buffer) => toJson(type, fromBinary(type, bytes)) as Record<string, string>,
  };
};
const [request, order] = [coding("shop.v1.GetRequest"), coding("shop.v1.Order")];

/** What a server does with a call. */
export type Play = (call: grpc.ServerUnaryCall<Record<string, string>, object>) =>
  | object
  | Partial<grpc.StatusObject>;

/** Answers `Get` as `play` says (an object with a `code` is a status), and each health check with these bytes of a HealthCheckResponse. */
export async function grpcServer(play: Play, { health }: { health?: number[] } = {}) {
  const server = new grpc.Server();
  const answer: grpc.handleUnaryCall<Record<string, string>, object> = (call, done) => {
    const answered = play(call);
    if ("code" in answered) done(answered);
    else done(null, answered, trailer());
  };
  const unary = { requestStream: false, responseStream: false } as const;
  server.addService({
    Get: {
      path: "/shop.v1.Orders/Get",
      ...unary,
      requestSerialize: request.write,
      requestDeserialize: request.read,
      responseSerialize: order.write,
      responseDeserialize: order.read,
    },
  }, { Get: answer as grpc.UntypedHandleCall });
  const asked: string[] = [];
  if (health) {
    const same = (bytes: Buffer) => bytes;
    const Check = {
      path: "/grpc.health.v1.Health/Check",
      ...unary,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    server.addService({ Check }, {
      Check: ((call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        asked.push(String(call.request));
        done(null, Buffer.from(health));
      }) as grpc.UntypedHandleCall,
    });
  }
  const credentials = grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => error ? reject(error) : resolve(port))
  );
  return { port, asked, close: () => server.forceShutdown() };
}

function trailer(): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set("x-region", "eu");
  return metadata;
}
