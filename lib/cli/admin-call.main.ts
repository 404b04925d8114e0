import { passOn } from './call/pass-on.ts';

passOn(process.env, process.argv).then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'fault'}\n`);
    process.exit(70);
  },
);
