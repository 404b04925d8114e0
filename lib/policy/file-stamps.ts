import { statSync } from 'node:fs';

import { systemErrorCode } from '../base/errors.ts';
import { pathBytes } from '../base/path-text.ts';

/** File systems tell times in steps: what was changed so shortly ago can change again unseen. */
const STEP_MS = 100;

/** What tells whether files and folders have changed. */
export interface FileStamps {
  readonly text: string;
  /** Whether any later change shows. */
  readonly isSettled: boolean;
}

/** Looks at files and folders, whether or not they exist. */
export function stampFiles(paths: Iterable<string>): FileStamps {
  let text = '';
  let latest = 0;
  for (const path of paths) {
    const found = stampOf(path);
    text += `${path}\0${found.stamp}\0`;
    latest = Math.max(latest, found.changed);
  }
  return { text, isSettled: latest < Date.now() - STEP_MS };
}

function stampOf(path: string): { readonly stamp: string; readonly changed: number } {
  try {
    const { dev, ino, size, ctimeNs, ctimeMs } = statSync(pathBytes(path), { bigint: true });
    return { stamp: `${dev} ${ino} ${size} ${ctimeNs}`, changed: Number(ctimeMs) };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return { stamp: code, changed: 0 };
  }
}
