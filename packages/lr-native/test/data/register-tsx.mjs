/** Lets worker threads of the tests run TypeScript, which `--import tsx` does for the main thread only. */
import { register } from 'tsx/esm/api';

register();
