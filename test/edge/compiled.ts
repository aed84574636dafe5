/** What the tests in workerd bundle in place of a compiled config. */
import { compileConfig } from "../../src/config/compiled.ts";
import config from "./config.json" with { type: "json" };

export default compileConfig(config);
