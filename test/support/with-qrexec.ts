import test, { type Implementation } from 'ava';

import { QREXEC_FOLDER } from './real-qrexec.ts';

/** A test for which the programs of the real qrexec are needed. */
export function withQrexec(title: string, run: Implementation<[]>): void {
  if (QREXEC_FOLDER === '') {
    test.skip(`${title} (no QREXEC_FOLDER with the programs of qrexec)`, run);
  } else test.serial(title, run);
}
