// Lets Node run this checkout's TypeScript as it is: `node --import ./register.mjs FILE.ts`.
// Types are not checked here (that costs seconds at every start); `make check` does it.
import { register } from 'node:module';
import { join } from 'node:path';

// ts-node would look for it in the folder a program is started in.
process.env['TS_NODE_PROJECT'] ??= join(import.meta.dirname, 'tsconfig.json');

register('ts-node/esm/transpile-only', import.meta.url);
