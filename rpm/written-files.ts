import { join } from 'node:path';

import { socketDropIns, stockSocketDropIns, SYSTEM_DROP_IN } from '../lib/cli/switch/drop-ins.ts';
import { Machine } from '../lib/cli/takeover/machine.ts';
import { TMPFILES } from '../lib/cli/takeover/tmpfiles.ts';
import { STOCK_FOLDER } from '../lib/model/store/store-owner.ts';
import type { PackageName } from './entry.ts';

/** A file that our programs write when something is switched, and that nobody else has. */
export interface WrittenFile {
  readonly path: string;
  readonly packages: readonly PackageName[];
}

const { tmpfiles, ownUnits } = new Machine();

/** Such files belong to packages, so that one can ask whose they are, and none is left behind. */
export const writtenFiles: readonly WrittenFile[] = [
  { path: join(tmpfiles, TMPFILES), packages: ['vm', 'dom0'] },
  ...[SYSTEM_DROP_IN, ...socketDropIns(STOCK_FOLDER), ...stockSocketDropIns()].map(
    ({ unit, file }): WrittenFile => ({
      path: join(ownUnits, `${unit}.d`, file),
      packages: ['dom0'],
    }),
  ),
];
