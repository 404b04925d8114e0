import { ByteReader, UnexpectedEndError } from '../../base/byte-reader.ts';
import { pathText } from '../../base/path-text.ts';
import { isAllZero } from '../../base/zeros.ts';
import { readGnuSparse } from './gnu-sparse.ts';
import { InnerData } from './inner-data.ts';
import type { InnerEntry } from './inner-entry.ts';
import { INNER_TAR_LIMITS, type InnerTarLimits } from './inner-tar-limits.ts';
import { parsePaxFields, type PaxFields } from './pax-fields.ts';
import { SparseMap, SparseMapBuilder } from './sparse-map.ts';
import { tarDamage } from './tar-damage.ts';
import { BLOCK_SIZE, parseTarHeader, type TarHeader } from './tar-header.ts';

const TYPES: Readonly<Record<string, InnerEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};

/** What the headers before an entry's own one say about it. */
interface Preface {
  readonly pax?: PaxFields;
  readonly untrustedLongName?: string;
  readonly untrustedLongLink?: string;
}

/**
 * Reads the tar inside a backup file, holes kept as holes.
 *
 * A loop over header blocks. `x`, `L` and `K` say more about the entry that follows, each at most
 * once; `g` about all that follow. An entry's data passes through as views of the blocks of
 * `source`, which must not change afterwards. Two zero blocks end the archive; after them the source must end too, but for padding
 * with zeros.
 *
 * Formats: v7, POSIX ustar and pax, GNU with long names and old sparse files (`S`), PAX sparse 0.0,
 * 0.1 and 1.0. Entries come in order: the data of one is gone once the next is asked for.
 * @throws DamagedError (stage `tar`) for anything else: other types, cut-off or forged archives
 */
export async function* readInnerTar(
  source: AsyncIterable<Uint8Array>,
  limits: InnerTarLimits = INNER_TAR_LIMITS,
): AsyncGenerator<InnerEntry, void, undefined> {
  const reader = new ByteReader(source);
  try {
    yield* readEntries(reader, limits);
  } catch (error) {
    if (!(error instanceof UnexpectedEndError)) throw error;
    throw tarDamage('it ends in the middle');
  } finally {
    await reader.close();
  }
}

async function* readEntries(
  reader: ByteReader,
  limits: InnerTarLimits,
): AsyncGenerator<InnerEntry, void, undefined> {
  let globals: PaxFields = {};
  let preface: Preface = {};
  for (;;) {
    const block = await reader.exactly(BLOCK_SIZE);
    if (isAllZero(block)) break;
    const header = parseTarHeader(block);
    switch (header.untrustedType) {
      case 'g':
        globals = await readPax(reader, header, globals, limits);
        break;
      case 'x':
        if (preface.pax !== undefined) throw tarDamage('two PAX headers in a row');
        preface = { ...preface, pax: await readPax(reader, header, globals, limits) };
        break;
      case 'L':
        if (preface.untrustedLongName !== undefined) throw tarDamage('two long names in a row');
        preface = { ...preface, untrustedLongName: await readName(reader, header, limits) };
        break;
      case 'K':
        if (preface.untrustedLongLink !== undefined) throw tarDamage('two long links in a row');
        preface = { ...preface, untrustedLongLink: await readName(reader, header, limits) };
        break;
      default: {
        const pax = preface.pax ?? globals;
        const map = await readMap(reader, block, header, pax, limits);
        const data = new InnerData(reader, map.extents);
        yield makeEntry(header, { ...preface, pax }, map, data);
        await data.skip();
        preface = {};
      }
    }
  }
  if (Object.keys(preface).length > 0) throw tarDamage('it ends after half an entry');
  await readEnd(reader, limits);
}

async function readPax(
  reader: ByteReader,
  header: TarHeader,
  inherited: PaxFields,
  limits: InnerTarLimits,
): Promise<PaxFields> {
  const bytes = await readText(reader, header, 'PAX header', limits.maxPaxBytes);
  const newMap = (): SparseMapBuilder => new SparseMapBuilder(limits.maxExtents);
  const scope = header.untrustedType === 'g' ? 'global' : 'one';
  return parsePaxFields(bytes, scope, inherited, newMap);
}

async function readName(
  reader: ByteReader,
  header: TarHeader,
  limits: InnerTarLimits,
): Promise<string> {
  const bytes = await readText(reader, header, 'long name', limits.maxNameBytes);
  const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
  return pathText(bytes.subarray(0, end));
}

async function readText(
  reader: ByteReader,
  header: TarHeader,
  what: string,
  max: number,
): Promise<Uint8Array> {
  if (header.size > max) throw tarDamage(`a ${what} of ${header.size} bytes is over ${max}`);
  const padded = Math.ceil(header.size / BLOCK_SIZE) * BLOCK_SIZE;
  const bytes = await reader.exactly(padded);
  return bytes.subarray(0, header.size);
}

interface MappedSize {
  readonly size: number;
  readonly extents: SparseMap;
}

async function readMap(
  reader: ByteReader,
  block: Uint8Array,
  header: TarHeader,
  pax: PaxFields,
  limits: InnerTarLimits,
): Promise<MappedSize> {
  const stored = pax.size ?? header.size;
  const isPlainFile = header.untrustedType !== 'S' && TYPES[header.untrustedType] === 'file';
  if (pax.sparse !== undefined) {
    if (!isPlainFile) throw tarDamage('something that is no plain file has a map of holes');
    const extents = await pax.sparse.finish(reader, stored);
    return { size: pax.sparse.size, extents };
  }
  if (header.untrustedType === 'S') {
    if (!header.isGnu) throw tarDamage('a sparse file that GNU tar did not write');
    const map = new SparseMapBuilder(limits.maxExtents);
    const sparse = await readGnuSparse(block, reader, stored, map);
    return { size: sparse.size, extents: sparse.map };
  }
  if (!isPlainFile && stored !== 0) throw tarDamage('something that is no file has data');
  return { size: stored, extents: SparseMap.whole(stored) };
}

function makeEntry(
  header: TarHeader,
  preface: Preface,
  map: MappedSize,
  data: InnerData,
): InnerEntry {
  const pax = preface.pax ?? {};
  const untrustedPath =
    pax.sparse?.untrustedName ??
    pax.untrustedPath ??
    preface.untrustedLongName ??
    header.untrustedName;
  const type = entryType(header, untrustedPath);
  const untrustedLinkTarget =
    pax.untrustedLinkPath ?? preface.untrustedLongLink ?? header.untrustedLinkName;
  if (type === 'directory' && map.size !== 0) throw tarDamage('a folder has data');
  return {
    untrustedPath,
    type,
    size: map.size,
    dataSize: map.extents.dataSize,
    mode: header.mode & 0o7777,
    mtime: pax.mtime ?? header.mtime,
    uid: pax.uid ?? header.uid,
    gid: pax.gid ?? header.gid,
    ...(type === 'symlink' || type === 'hardlink' ? { untrustedLinkTarget } : {}),
    extents: map.extents,
    blocks: () => data.blocks(),
  };
}

function entryType(header: TarHeader, untrustedPath: string): InnerEntry['type'] {
  const type = TYPES[header.untrustedType];
  if (type === undefined) throw tarDamage('an entry is neither file, folder nor link');
  // v7 has no type for folders: their names end in a slash.
  return type === 'file' && untrustedPath.endsWith('/') ? 'directory' : type;
}

async function readEnd(reader: ByteReader, limits: InnerTarLimits): Promise<void> {
  if (!isAllZero(await reader.exactly(BLOCK_SIZE))) {
    throw tarDamage('it goes on after a half end mark');
  }
  let left = limits.maxTrailingBytes;
  for (;;) {
    const bytes = await reader.some(left + 1);
    if (bytes === undefined) return;
    left -= bytes.length;
    if (left < 0) throw tarDamage('it goes on for too long after its end mark');
    if (!isAllZero(bytes)) throw tarDamage('something follows its end mark');
  }
}
