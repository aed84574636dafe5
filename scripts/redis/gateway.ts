/**
 * Upstash's REST protocol in front of Redis, for development and tests: single commands (as a JSON body or a
 * path), `/pipeline`, `/multi-exec`, answers in JSON, base64 or RESP2, tokens, and a request size limit
 * (upstash.com/docs/redis/features/restapi).
 */
import { Buffer } from "node:buffer";
import { RESP_TYPES } from "redis";
import { type Connection, connection } from "./server.ts";

/** The Redis server behind a gateway, and the tokens that it accepts. */
export interface GatewayOptions {
  /** Socket file of the Redis server. */
  socket: string;
  token: string;
  /** A token for reading commands only. */
  readToken?: string;
  maxBytes?: number;
}

/** Usage since the start. */
export interface Stats {
  /** REST requests that carried commands. */
  requests: number;
  /** Commands as Upstash bills them: each command of a pipeline, and each that a script calls. */
  commands: number;
  byCommand: Record<string, number>;
}

/** A gateway as a request handler. */
export interface Gateway {
  fetch(request: Request): Promise<Response>;
  stats(): Promise<Stats>;
  close(): Promise<void>;
}

type Reply = string | Buffer | number | null | Error | Reply[];
type Send = (command: string[]) => Promise<Reply>;
type User = { username: string; password: string };

/** Commands that the gateway itself sends, for housekeeping and for `/multi-exec`. */
const UNBILLED = new Set(["info", "hello", "client", "auth", "acl", "config", "multi", "exec", "select"]);
/** Commands that Upstash does not offer over REST. */
const REFUSED =
  /^(b[lr]pop|b[lrz]\w*(pop|move)|wait|watch|unwatch|multi|exec|discard|subscribe|psubscribe|monitor|auth|hello|select|quit|client|config|shutdown|debug)$/i;
const READER = "assay-reader";

class Failure extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Opens a gateway. `GET /stats` returns `Stats`. */
export async function gateway(
  { socket, token, readToken, maxBytes = 1_048_576 }: GatewayOptions,
): Promise<Gateway> {
  const owner = await connection(socket);
  const { clientOf, restToken, close } = await openAccounts(owner, { socket, token, readToken });
  let requests = 0;

  const senderOf = (client: Connection): Send => {
    const typed = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    return (command) => {
      const [name = "", verb = "", ...rest] = command;
      if (/^acl$/i.test(name) && /^resttoken$/i.test(verb)) return restToken(rest[0] ?? "", rest[1] ?? "");
      if (REFUSED.test(name)) {
        return Promise.resolve(new Error(`ERR Command is not available: '${name.toUpperCase()}'`));
      }
      return typed.sendCommand<Reply>(command).catch(commandError);
    };
  };
  const stats = async () => ({ requests, ...await billedCommands(owner) });

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (!["GET", "HEAD", "POST", "PUT"].includes(request.method)) {
      throw new Failure(405, "ERR method not allowed");
    }
    const bearer = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    const client = await clientOf(bearer ?? url.searchParams.get("_token"));
    if (url.pathname === "/stats") return Response.json(await stats());
    const body = await readText(request, maxBytes);
    requests++;
    const send = senderOf(client);
    const written = responder(request.headers);
    if (url.pathname === "/pipeline") return written(await Promise.all(lists(body).map(send)), "each");
    if (url.pathname === "/multi-exec") return written(await transaction(client, lists(body)), "each");
    const reply = await send(url.pathname === "/" ? list(parseJson(body)) : fromPath(url, body));
    return written(reply, "one");
  };

  return {
    stats,
    fetch: (request) =>
      answer(request).catch((error) => {
        const failure = error instanceof Failure
          ? error
          : new Failure(500, `ERR ${(error as Error).message}`);
        return Response.json({ error: failure.message }, { status: failure.status });
      }),
    close,
  };
}

/** The tokens of a gateway, each with a connection of its user. */
async function openAccounts(
  owner: Connection,
  { socket, token, readToken }: Pick<GatewayOptions, "socket" | "token" | "readToken">,
) {
  const users = new Map<string, User | "owner">([[token, "owner"]]);
  if (readToken) users.set(readToken, await reader(owner));
  const open = new Map<string, Promise<Connection>>();

  /** Connects as a user. Creates the reader again, in case Redis restarted and lost it. */
  const connectAs = async (token: string, user: User): Promise<Connection> => {
    const known = user.username === READER ? await reader(owner) : user;
    users.set(token, known);
    return await connection(socket, known);
  };

  return {
    async clientOf(token: string | null | undefined): Promise<Connection> {
      const user = token ? users.get(token) : undefined;
      if (!token || !user) throw new Failure(401, "WRONGPASS invalid password");
      if (user === "owner") return owner;
      const known = await open.get(token);
      if (known?.isReady) return known;
      known?.destroy();
      const fresh = connectAs(token, user);
      open.set(token, fresh);
      return await fresh;
    },
    /**
     * `ACL RESTTOKEN user password`: creates a token for a Redis user (upstash.com/docs/redis/features/acl).
     */
    async restToken(username: string, password: string): Promise<string> {
      const checked = await connection(socket, { username, password });
      checked.destroy();
      const minted = crypto.randomUUID();
      users.set(minted, { username, password });
      return minted;
    },
    async close(): Promise<void> {
      owner.destroy();
      const others = await Promise.allSettled(open.values());
      for (const other of others) if (other.status === "fulfilled") other.value.destroy();
    },
  };
}

async function billedCommands(owner: Connection): Promise<Omit<Stats, "requests">> {
  const lines = (await owner.sendCommand<string>(["INFO", "commandstats"])).split("\r\n");
  const counts = lines.flatMap((line) => {
    const [, name, calls] = /^cmdstat_([^:|]+)[^:]*:calls=(\d+)/.exec(line) ?? [];
    return name && !UNBILLED.has(name) ? [[name, Number(calls)] as const] : [];
  });
  return { commands: counts.reduce((sum, [, n]) => sum + n, 0), byCommand: Object.fromEntries(counts) };
}

/** Creates the user of the read-only token, without SCAN and KEYS. */
async function reader(owner: Connection): Promise<User> {
  const password = crypto.randomUUID();
  const rules = [
    "on",
    "resetpass",
    `>${password}`,
    "~*",
    "-@all",
    "+@read",
    "-scan",
    "-keys",
    "+ping",
    "+echo",
  ];
  await owner.sendCommand(["ACL", "SETUSER", READER, ...rules]);
  return { username: READER, password };
}

/**
 * Returns Redis's error replies, so that they become answers. Throws other errors, such as a lost connection.
 */
function commandError(error: Error): Error {
  if (/^[A-Z]{2,} /.test(error.message)) return error;
  throw error;
}

/** Sends MULTI to EXEC without waiting, so that no other command gets in between. */
async function transaction(client: Connection, commands: string[][]): Promise<Reply> {
  const typed = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const replies = [["MULTI"], ...commands, ["EXEC"]].map((command) =>
    typed.sendCommand<Reply>(command).catch(commandError)
  );
  return (await Promise.all(replies)).at(-1)!;
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const text = await request.text();
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new Failure(413, `ERR max request size exceeded. Limit: ${maxBytes} bytes, Actual: ${bytes} bytes`);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Failure(400, "ERR failed to parse the body: expected a JSON array");
  }
}

function list(command: unknown): string[] {
  if (!Array.isArray(command) || command.length === 0) throw new Failure(400, "ERR empty command");
  return command.map((part) => typeof part === "object" ? JSON.stringify(part) : String(part));
}

function lists(body: string): string[][] {
  const commands = parseJson(body);
  if (!Array.isArray(commands)) {
    throw new Failure(400, "ERR failed to parse the body: expected an array of arrays");
  }
  return commands.map(list);
}

/** Parses a command such as `/SET/key?EX=100`, with the value as the body. */
function fromPath({ pathname, searchParams }: URL, body: string): string[] {
  const options = [...searchParams].filter(([name]) => name !== "_token").flat().filter(Boolean);
  return [...pathname.slice(1).split("/").map(decodeURIComponent), ...(body ? [body] : []), ...options];
}

/**
 * Encodes replies as the request asks. A failed single command or transaction is a 400; a failed one of
 * several is an error in its place.
 */
function responder(headers: Headers) {
  const base64 = headers.get("upstash-encoding") === "base64";
  const plain = (reply: Reply): unknown => {
    if (Array.isArray(reply)) return reply.map(plain);
    if (reply instanceof Error) return reply.message;
    return Buffer.isBuffer(reply) ? reply.toString(base64 ? "base64" : "utf8") : reply;
  };
  const item = (reply: Reply) => reply instanceof Error ? { error: reply.message } : { result: plain(reply) };
  return (reply: Reply, shape: "one" | "each"): Response => {
    const sync = { "upstash-sync-token": "assay" };
    if (reply instanceof Error) {
      return Response.json({ error: reply.message }, { status: 400, headers: sync });
    }
    if (headers.get("upstash-response-format") === "resp2") {
      return new Response(resp2(reply), { headers: sync });
    }
    return Response.json(shape === "each" ? (reply as Reply[]).map(item) : item(reply), { headers: sync });
  };
}

function resp2(reply: Reply): Buffer<ArrayBuffer> {
  if (reply === null) return Buffer.from("$-1\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (typeof reply === "string") return Buffer.from(`+${reply}\r\n`);
  if (reply instanceof Error) return Buffer.from(`-${reply.message}\r\n`);
  if (Array.isArray(reply)) return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(resp2)]);
  return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from("\r\n")]);
}
