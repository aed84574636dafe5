/** What a config is held against while it is written: a compiled config has passed it, and is loaded without this code. */
import { checkAddress, checkHost } from "./address.ts";
import { checkOrder } from "./after.ts";
import { checkDependencies } from "./depends_on.ts";
import { checkEdgeAddresses } from "./edge_addresses.ts";
import { refuseIgnored } from "./ignored.ts";
import { readReferences } from "./references.ts";
import { checkSource } from "./report_source.ts";
import { warnUnused } from "./unused.ts";

/** Each check reports faults and changes nothing. */
export const CHECKS = {
  address: checkAddress,
  dependencies: checkDependencies,
  edgeAddresses: checkEdgeAddresses,
  host: checkHost,
  ignored: refuseIgnored,
  order: checkOrder,
  references: readReferences,
  source: checkSource,
  unused: warnUnused,
};

/** Type of {@linkcode CHECKS}. */
export type Checks = typeof CHECKS;
