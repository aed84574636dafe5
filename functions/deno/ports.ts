/** The ports of a Deno process: clock, environment, network, log. */
import type { Config } from "../../src/config/config.ts";
import type { Log, Ports } from "../../src/base/ports.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import { coarseClock } from "./clock.ts";
import { dialler } from "./client/dialler.ts";
import { connector } from "./client/mod.ts";
import { webSockets } from "./client/web_socket.ts";
import { jsonLog } from "./log.ts";
import { mailer } from "./mail.ts";
import { secretLookup } from "./secrets.ts";

/** The clock of this process. */
export const processClock = coarseClock();

/** The ports of this process. `configText` names the secrets to redact. */
export function denoPorts(
  configText: string,
  config: Pick<Config, "allowPrivate">,
  log: Log = jsonLog,
): Ports {
  const { allowPrivate } = config;
  return {
    clock: processClock,
    fetch: connector({ allowPrivate }),
    dial: dialler({ allowPrivate }),
    openWebSocket: webSockets({ allowPrivate }),
    random: Math.random,
    log,
    secrets: secretsOf(references(configText), secretLookup()),
    sendMail: mailer({ allowPrivate }),
  };
}
