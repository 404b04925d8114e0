import type { QubesRpcError } from './errors.ts';
import type { ErrorEvent } from './report.ts';

/** An error of the tree as machines read it. */
export function errorEvent(error: QubesRpcError): ErrorEvent {
  const { qube, part, file, chunk, stage, wireName, hint } = error.facts;
  return {
    type: 'error',
    code: error.code,
    message: error.message,
    ...(stage === undefined ? {} : { stage }),
    ...(wireName === undefined ? {} : { wireName }),
    ...(hint === undefined ? {} : { hint }),
    ...(qube === undefined ? {} : { qube }),
    ...(part === undefined ? {} : { part }),
    ...(file === undefined ? {} : { file }),
    ...(chunk === undefined ? {} : { chunk }),
  };
}
