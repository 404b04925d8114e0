import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import { icon } from '../properties/base.ts';
import type { Qube } from '../qube.ts';

/** The icon shows the label. */
export const ICON_SHOWS_LABEL: readonly Handler<Qube>[] = [
  onQube('property-set:label', announceIcon),
];

/** The icon shows that disposables are made of the qube. */
export const ICON_SHOWS_USE: readonly Handler<Qube>[] = [
  onQube('property-set:template_for_dispvms', announceIcon),
  onQube('property-reset:template_for_dispvms', announceIcon),
];

/** Something that the icon shows has changed. */
export function announceIcon(qube: Qube): void {
  qube.fire('property-reset:icon', { name: icon.name });
}
