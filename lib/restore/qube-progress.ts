/** How far a qube has come. What stands further down includes what stands above. */
export type Progress =
  /** Nothing of it is there, or nobody knows. */
  | 'planned'
  /** It is there, and cannot be started. */
  | 'made'
  /** Its properties, features and tags are set. */
  | 'set'
  /** All its data is there as well. */
  | 'complete'
  /** It can be started, and is left alone from now on. */
  | 'done';

/** From the first to the last. */
export const ORDER: readonly Progress[] = ['planned', 'made', 'set', 'complete', 'done'];
