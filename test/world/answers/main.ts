/** The raw server as a process of its own, so that a client's event loop is measured alone. Prints where it listens; ends with its input. */
import { PLAYS } from "./rows.ts";
import { openRawServer } from "./server.ts";

const { doors, ca } = await openRawServer(PLAYS);
console.log(JSON.stringify({ doors, ca }));
for await (const _ of Deno.stdin.readable);
Deno.exit();
