import { isPreload } from '../properties/is-preload.ts';
import type { Qube } from '../qube.ts';
import { isRequested, preloadStateOf } from './stage.ts';

/**
 * Whether a qube is a disposable that was started ahead of need and that nobody has yet, or that is
 * given up and on its way out: it stands in nobody's way.
 */
export function isOfStock(qube: Qube): boolean {
  // One that was asked for is as good as somebody's.
  if (isRequested(qube)) return false;
  return qube.find(isPreload) === true || preloadStateOf(qube)?.stage === 'discarded';
}
