import { QubesValueError } from '../../base/admin-error.ts';
import { onAction } from '../events.ts';
import type { Handler } from '../events.ts';
import { featureWithTemplate } from '../feature-lookup.ts';
import type { Qube } from '../qube.ts';

/** By these a disposable tells that it is ready. */
const NEEDED = ['qubes.WaitForRunningSystem', 'qubes.WaitForSession'];

/** What a template of disposables must be able to do to keep a stock of started ones. */
export const PRELOAD: readonly Handler<Qube>[] = [
  onAction('domain-preload-dispvm-start', (qube) => {
    const missing = NEEDED.filter(
      (rpc) => (featureWithTemplate(qube, `supported-rpc.${rpc}`) ?? '') === '',
    );
    if (missing.length === 0) return;
    throw new QubesValueError(
      `Qube does not support the RPC(s) '${missing.join(', ')}' but tried to preload, check if template is outdated`,
    );
  }),
];
