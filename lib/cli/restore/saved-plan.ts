import { createReadStream } from 'node:fs';
import { basename, dirname } from 'node:path';

import { collect } from '../../archive/collect.ts';
import { NeedsError, reasonOf } from '../../base/errors.ts';
import { openFolder } from '../../base/folder.ts';
import { printable } from '../../base/printable.ts';
import type { RestorePlan } from '../../base/restore-plan.ts';
import { MiB } from '../../base/size.ts';
import { writeFileIn } from '../../base/write-file.ts';
import { parsePlan, planText } from '../../restore/plan-file.ts';

/** Far more than a plan of some thousand qubes has. */
const MAX_PLAN = 64 * MiB;

/** @throws NeedsError when the disk refuses */
export async function savePlan(file: string, plan: RestorePlan): Promise<void> {
  const folder = await openFolder(dirname(file));
  try {
    await writeFileIn(folder, basename(file), Buffer.from(planText(plan)));
  } finally {
    await folder.close();
  }
}

/** @throws NeedsError when it cannot be read, UsageError when it is no plan */
export async function loadPlan(file: string): Promise<RestorePlan> {
  const untrusted = await collect(createReadStream(file), MAX_PLAN).catch((error: unknown) => {
    throw new NeedsError(`Cannot read the plan ${printable(file)}: ${reasonOf(error)}`);
  });
  return parsePlan(Buffer.from(untrusted).toString('utf8'));
}
