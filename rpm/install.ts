// `make install DESTDIR= PREFIX=`: everything, for a system of one's own.
import { join, resolve } from 'node:path';

import { fileList } from './file-list.ts';
import { ownSystem } from './place.ts';
import { stage } from './stage.ts';

const ROOT = join(import.meta.dirname, '..');

// For all to read, folders above ours too.
process.umask(0o022);

const [destdir = '', prefix = ''] = process.argv.slice(2);
const entries = await fileList(ROOT, join(ROOT, 'dist'), ownSystem(prefix));
await stage(entries, destdir === '' ? '/' : resolve(destdir));
