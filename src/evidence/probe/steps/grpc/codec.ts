/**
 * Converts messages of a method between JSON and bytes, by the descriptors of its service. Loaded on demand,
 * because few configs need it.
 */
import {
  create,
  createFileRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
// @ts-types="../../../../base/std.d.ts"
import { decodeBase64 } from "@std/encoding/base64";
import { messageOf } from "../../../../base/error_message.ts";
import { isRecord } from "../../../../base/json.ts";
import { closest } from "../../../../base/closest.ts";
import type { Finding, Path } from "../../../../config/problem.ts";

/** Encodes and decodes the messages of one method. */
export interface Codec {
  /** Throws if the JSON is not such a message. */
  encode(json: unknown): Uint8Array;
  /**
   * Returns JSON (https://protobuf.dev/programming-guides/json) including fields with default values. Throws
   * if the bytes are not such a message.
   */
  decode(bytes: Uint8Array): unknown;
  /** The first key in the JSON that is not a field, with the known fields. */
  stray(json: unknown): Stray | undefined;
}

/** An unknown key; `path` is relative to the message. */
interface Stray {
  path: Path;
  known: string[];
}

/** The descriptors are invalid, or lack the method. */
export class DescriptorFault extends Error {
  constructor(readonly finding: Omit<Finding, "path">) {
    super(finding.message);
  }
}

/**
 * The codec of `package.Service/Method`. `descriptor`: a FileDescriptorSet in base64; absent: gRPC health v1.
 * Throws `DescriptorFault`.
 */
export function codecOf(method: string, descriptor: string | undefined): Codec {
  const registry = descriptor === undefined ? createFileRegistry(health()) : registryOf(descriptor);
  const { input, output } = methodOf(registry, method);
  return {
    encode: (json) => toBinary(input, fromJson(input, json as JsonValue, { registry })),
    decode: (bytes) => toJson(output, fromBinary(output, bytes), { registry, alwaysEmitImplicit: true }),
    stray: (json) => strayIn(input, json, []),
  };
}

function registryOf(descriptor: string): FileRegistry {
  try {
    const set = fromBinary(FileDescriptorSetSchema, decodeBase64(descriptor));
    if (set.file.length > 0) return createFileRegistry(set);
  } catch (error) {
    throw new DescriptorFault({
      message: "no descriptors of Protocol Buffers, or not all of what they need",
      expected: "a FileDescriptorSet: protoc --include_imports -o, or buf build -o",
      found: messageOf(error),
    });
  }
  throw new DescriptorFault({ message: "it holds no descriptors", expected: "a FileDescriptorSet" });
}

function methodOf(registry: FileRegistry, method: string) {
  const services = [...registry].filter((type): type is DescService => type.kind === "service");
  const methods = services.flatMap((service) =>
    service.methods.map((one) => ({ path: `${service.typeName}/${one.name}`, one }))
  );
  const found = methods.find(({ path }) => path === method)?.one;
  if (!found) {
    const known = methods.map(({ path }) => path);
    throw new DescriptorFault({
      message: "the descriptor has no such method",
      expected: known.slice(0, 10).join(", ") || "a descriptor with a service",
      found: method,
      suggestion: closest(method, known),
    });
  }
  if (found.methodKind === "unary") return found;
  const message = `a method that is ${found.methodKind.replace("_", " ")}`;
  throw new DescriptorFault({ message, expected: "a unary method", found: method });
}

/** Skips Google's well-known types, which have special JSON forms. */
function strayIn(message: DescMessage, json: unknown, path: Path): Stray | undefined {
  if (!isRecord(json) || message.typeName.startsWith("google.protobuf.")) return undefined;
  for (const [key, value] of Object.entries(json)) {
    const field = message.fields.find(({ name, jsonName }) => key === name || key === jsonName);
    const at = [...path, key];
    if (!field) return { path: at, known: message.fields.map(({ jsonName }) => jsonName) };
    if (!field.message) continue;
    const inner: [Path, unknown][] = field.fieldKind === "message"
      ? [[at, value]]
      : Object.entries(value ?? {}).map(([i, item]) => [[...at, Array.isArray(value) ? Number(i) : i], item]);
    const found = inner.map(([at, item]) => strayIn(field.message, item, at)).find(Boolean);
    if (found) return found;
  }
}

/** The part of grpc/health/v1/health.proto that a check needs. */
function health(): FileDescriptorSet {
  const label = FieldDescriptorProto_Label.OPTIONAL;
  const { STRING, ENUM } = FieldDescriptorProto_Type;
  const root = ".grpc.health.v1";
  const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
  return create(FileDescriptorSetSchema, {
    file: [{
      name: "grpc/health/v1/health.proto",
      package: "grpc.health.v1",
      syntax: "proto3",
      messageType: [
        {
          name: "HealthCheckRequest",
          field: [{ name: "service", jsonName: "service", number: 1, type: STRING, label }],
        },
        {
          name: "HealthCheckResponse",
          field: [{
            name: "status",
            jsonName: "status",
            number: 1,
            type: ENUM,
            label,
            typeName: `${root}.HealthCheckResponse.ServingStatus`,
          }],
          enumType: [{
            name: "ServingStatus",
            value: statuses.map((name, number) => ({ name, number })),
          }],
        },
      ],
      service: [{
        name: "Health",
        method: [{
          name: "Check",
          inputType: `${root}.HealthCheckRequest`,
          outputType: `${root}.HealthCheckResponse`,
        }],
      }],
    }],
  });
}
