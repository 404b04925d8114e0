import type { QubesRpcError } from './errors.ts';
import type { ErrorEvent } from './report.ts';

/** An error of the tree as the line that `--json` and the screen show. */
export function errorEvent(error: QubesRpcError): ErrorEvent {
  return { type: 'error', code: error.code, message: error.message, ...error.facts };
}
