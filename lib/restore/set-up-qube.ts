import type { AdminClient } from '../admin/client.ts';
import { RESTORED, RESTORING } from '../base/restore-tags.ts';
import type { RestoreJournal } from './restore-journal.ts';
import type { RestoreReport } from './restore-report.ts';
import type { RestoredQube } from './restored-qube.ts';

/** Makes disposables as soon as it is set: it comes last of all. */
export const PRELOAD = 'preload-dispvm-max';

export interface SetUpTools {
  readonly client: AdminClient;
  readonly journal: RestoreJournal;
  readonly report: RestoreReport;
}

/**
 * Sets what of a qube needs no other: properties, features, tags. What is refused is told.
 * @throws NeedsError when the daemon does not answer, CancelledError
 */
export async function setUpQube(
  qube: RestoredQube,
  { client, journal, report }: SetUpTools,
): Promise<void> {
  const { planned } = qube;
  const { properties, features, tags } = client.qube(qube.newName);
  for (const [name, value] of Object.entries(planned.properties)) {
    if (name === 'template_for_dispvms') continue;
    await report.attempt(qube, `the property ${name}`, () => properties.set(name, value ?? ''));
  }
  for (const [name, value] of Object.entries(planned.features)) {
    if (name === PRELOAD) continue;
    await report.attempt(qube, `the feature ${name}`, () => features.set(name, value));
  }
  for (const tag of planned.tags) {
    // That it was restored before is told when it is complete: by such a tag others know that.
    if (tag === RESTORING || tag.startsWith(RESTORED)) continue;
    await report.attempt(qube, `the tag ${tag}`, () => tags.add(tag));
  }
  await journal.add({ note: 'set', qube: qube.name });
  qube.progress = 'set';
}
