// Lets Node run this checkout's TypeScript as it is: `node --import ./register.mjs FILE.ts`.
// Types are not checked here (that costs seconds at every start); `make check` does it.
import { register } from 'node:module';

register('ts-node/esm/transpile-only', import.meta.url);
