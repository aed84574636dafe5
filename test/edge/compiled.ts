/** What the tests in workerd bundle in place of a compiled config. */
import { compiled } from "../../src/config/compiled.ts";
import config from "./config.json" with { type: "json" };

export default compiled(config);
