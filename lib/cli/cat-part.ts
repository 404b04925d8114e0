import { createHash } from 'node:crypto';
import type { Backup } from '../archive/api.ts';
import { DamagedError } from '../base/errors.ts';
import type { PartReport, QubeReport } from '../base/report.ts';
import type { Output } from './output.ts';
import { untilAborted } from '../base/until-aborted.ts';

/** How far a part got: what the summary says of it, and the error that stopped it. */
export interface CatResult {
  readonly qubes: readonly QubeReport[];
  readonly error?: DamagedError;
}

/**
 * Writes one part to `output` and takes its digest on the way.
 * @param planned the qubes of the plan that holds this part only
 */
export async function catPart(
  backup: Backup,
  wanted: { readonly qube: string; readonly part: string },
  planned: readonly QubeReport[],
  output: Output,
  signal: AbortSignal,
): Promise<CatResult> {
  const digest = createHash('sha256');
  let bytes = 0;
  const report = (facts: Partial<PartReport>): readonly QubeReport[] =>
    planned
      .filter(({ name }) => name === wanted.qube)
      .map((qube) => ({
        ...qube,
        parts: qube.parts
          .filter(({ part }) => part === wanted.part)
          .map((part) => ({ ...part, ...facts })),
      }));
  try {
    for await (const block of backup.cat(wanted.qube, wanted.part)) {
      digest.update(block);
      bytes += block.length;
      await untilAborted(output.write(block), signal);
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof DamagedError)) throw error;
    return { qubes: report({ status: 'damaged', reason: error.message }), error };
  }
  return { qubes: report({ status: 'ok', bytes, sha256: digest.digest('hex') }) };
}
