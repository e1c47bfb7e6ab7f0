/** The public names of @org/lr-cli: a config as data. The command is bin/lr.js. */
export { loadConfig, parseConfig, type Config, type DataConfig } from './config.ts';
export { UsageError } from './errors.ts';
