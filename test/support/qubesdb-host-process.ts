import { EmbeddedQubesDb } from '../../lib/qubesdb/embedded-qubesdb.ts';

const [root = '', qube = ''] = process.argv.slice(2);
await new EmbeddedQubesDb(root).resume([qube]);
process.stdout.write('ready\n');
// Until it is killed.
setInterval(() => undefined, 1000);
