/** A mail server of RFC 5321 on loopback that takes mail, or answers single commands as it is told to. */
import { createServer, type Socket } from "node:net";
import * as tls from "node:tls";
import type { KeyPair } from "./certificate.ts";

/** How it differs from one that takes everything. */
export interface SmtpOptions {
  /** TLS from the first byte. */
  pair?: KeyPair;
  /** With `pair`: TLS only after STARTTLS. */
  isUpgraded?: boolean;
  /** What it answers to commands that begin so, in place of "250 Ok"; null: nothing, for ever. */
  answers?: Record<string, string | null>;
}

/** What has come: commands, and mails with dots unstuffed. */
export interface SmtpServer {
  port: number;
  commands: string[];
  mails: string[];
  connections: () => number;
  stop(): Promise<void>;
}

/** Starts one on a free port. */
export async function smtpServer({ pair, isUpgraded, answers = {} }: SmtpOptions = {}): Promise<SmtpServer> {
  const [commands, mails]: [string[], string[]] = [[], []];
  const sockets = new Set<Socket>();
  let connections = 0;
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  };
  const converse = (socket: Socket, isGreeted = true) => {
    let [buffer, isData] = ["", false];
    const reply = (line: string) => void socket.write(`${line}\r\n`);
    if (isGreeted) reply(answers.greeting ?? "220 mail.example ESMTP");
    const command = (line: string) => {
      commands.push(line);
      const verb = Object.keys(answers).find((start) => line.startsWith(start));
      if (verb !== undefined) return answers[verb] === null ? undefined : reply(answers[verb]!);
      if (line.startsWith("EHLO")) {
        const offer = isUpgraded && !(socket instanceof tls.TLSSocket) ? "STARTTLS" : "AUTH PLAIN";
        return reply(`250-mail.example\r\n250 ${offer}`);
      }
      if (line === "STARTTLS") {
        reply("220 Go ahead");
        socket.removeListener("data", read);
        const secured = new tls.TLSSocket(socket, { isServer: true, ...pair });
        track(secured);
        return converse(secured, false);
      }
      if (line.startsWith("AUTH")) return reply("235 2.7.0 Accepted");
      isData = line === "DATA";
      reply(isData ? "354 Go on" : line === "QUIT" ? "221 Bye" : "250 2.0.0 Ok");
    };
    const read = (chunk: unknown) => {
      buffer += String(chunk);
      for (let end; (end = buffer.indexOf(isData ? "\r\n.\r\n" : "\r\n")) >= 0;) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + (isData ? 5 : 2));
        if (!isData) {
          command(line);
          continue;
        }
        isData = false;
        mails.push(line.replace(/^\.\./gm, "."));
        reply(answers.mail ?? "250 2.0.0 Ok: queued as 42");
      }
    };
    socket.on("data", read);
  };
  const begin = (socket: Socket) => {
    connections++;
    track(socket);
    converse(socket);
  };
  const server = pair && !isUpgraded ? tls.createServer(pair, begin) : createServer(begin);
  server.on("tlsClientError", () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("The server has no address");
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return { port: address.port, commands, mails, connections: () => connections, stop };
}
