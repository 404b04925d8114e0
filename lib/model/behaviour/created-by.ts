import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Qube } from '../qube.ts';
import { guivm } from '../properties/keyboard-layout.ts';

/** How the tag begins that names who created a qube. */
export const CREATED_BY = 'created-by-';

/** The creator of a qube may have features that say which tags and which GUI qube its qubes get. */
export const CREATED_BY_TAG: readonly Handler<Qube>[] = [
  onQube(`domain-tag-add:${CREATED_BY}*`, (qube, { tag }) => {
    // A disposable has the tags of its template, whose creator may be gone.
    const creator = qube.system.qubes.find(tag.slice(CREATED_BY.length));
    if (creator === undefined) return;
    const tags = creator.features.get('tag-created-vm-with') ?? '';
    for (const one of tags.split(/\s+/)) if (one !== '') qube.tags.add(one);
    const wanted = creator.features.get('set-created-guivm') ?? '';
    if (wanted !== '') qube.setText(qube.property(guivm.name), wanted);
  }),
];
