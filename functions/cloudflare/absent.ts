/** Stands in a Worker for what its config did without when it was deployed (scripts/cli/spare.ts). */

function missing(what: string): never {
  throw new Error(`This deployment was made without ${what}: name it in the config and deploy again`);
}

/** In place of src/storage/upstash/store.ts. */
export const upstashStore = () => missing("store: { upstash: {} }");

/** In place of src/web/api/routes/github.ts. */
export const routes = () => missing("hooks.github");
export const approvals = routes;

/** In place of croner. */
export class Cron {
  constructor() {
    missing("cron");
  }
}

/** In place of aws4fetch. */
export class AwsV4Signer {
  constructor() {
    missing("aws");
  }
}
