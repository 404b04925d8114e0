import { printable } from '../../base/printable.ts';
import type { PartReport } from '../../base/report.ts';
import { type Part, partName } from './part.ts';
import type { TakenChild, TakenContent } from './part-sink.ts';

/** The part that something in a qube's whole folder is, and where extract put it. */
export function childPart(whole: Part, { untrustedName }: TakenChild): Part {
  const name = printable(untrustedName);
  return { qube: whole.qube, part: partName(name), file: `${whole.file}/${name}` };
}

/** What a report says of a part that is there and good. */
export function partReportOf(
  { part, file }: Part,
  taken: TakenContent & { readonly chunks?: number | undefined },
): PartReport {
  const { bytes, dataBytes, chunks, sha256, dataSha256, path } = taken;
  return {
    part,
    file,
    status: 'ok',
    bytes,
    dataBytes,
    ...(chunks === undefined ? {} : { chunks }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(dataSha256 === undefined ? {} : { dataSha256 }),
    ...(path === undefined ? {} : { path }),
  };
}
