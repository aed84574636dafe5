/** gRPC's status codes, by number (grpc/grpc, doc/statuscodes.md). */
export const GRPC_STATUSES: readonly string[] =
  ("OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED " +
    "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS " +
    "UNAUTHENTICATED").split(" ");

/** The unary method of gRPC health v1 (grpc/health/v1/health.proto). */
export const HEALTH_CHECK = "grpc.health.v1.Health/Check";

/** The prefix of a message: 1 byte of flags, 4 bytes of length. */
export const PREFIX_BYTES = 5;

/** Frames one uncompressed message of at most 2^32 - 1 bytes. */
export function frame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}
