/** A compressor a backup header may name, and what it takes to undo its work. */
export interface CompressionFilter {
  /** As the header spells it. */
  readonly name: string;
  /** Node undoes it by itself, no program is needed. */
  readonly builtIn: boolean;
  /** Program that decompresses from stdin to stdout when started with {@link decompressArguments}. */
  readonly program: string;
  readonly decompressArguments: readonly string[];
  /** Package that brings the program; undefined for a filter the person forced. */
  readonly packages?: { readonly debian: string; readonly fedora: string };
}

const DECOMPRESS = ['-d', '-c'];
const GZIP = { program: 'gzip', packages: { debian: 'gzip', fedora: 'gzip' } };
const BZIP2 = { program: 'bzip2', packages: { debian: 'bzip2', fedora: 'bzip2' } };
const XZ = { program: 'xz', packages: { debian: 'xz-utils', fedora: 'xz' } };
const ZSTD = { program: 'zstd', packages: { debian: 'zstd', fedora: 'zstd' } };

/**
 * Every filter a backup may name without the person saying so (R12): those that the
 * reference tool knows. The parallel compressors write the formats of their plain siblings, so
 * the siblings are enough to read them.
 */
export const COMPRESSION_FILTERS: readonly CompressionFilter[] = [
  { name: 'gzip', builtIn: true, decompressArguments: DECOMPRESS, ...GZIP },
  { name: 'pigz', builtIn: true, decompressArguments: DECOMPRESS, ...GZIP },
  { name: 'bzip2', builtIn: false, decompressArguments: DECOMPRESS, ...BZIP2 },
  { name: 'pbzip2', builtIn: false, decompressArguments: DECOMPRESS, ...BZIP2 },
  { name: 'xz', builtIn: false, decompressArguments: DECOMPRESS, ...XZ },
  { name: 'lzma', builtIn: false, decompressArguments: ['--format=lzma', ...DECOMPRESS], ...XZ },
  { name: 'zstd', builtIn: false, decompressArguments: DECOMPRESS, ...ZSTD },
  { name: 'zstdmt', builtIn: false, decompressArguments: DECOMPRESS, ...ZSTD },
];

/** The filter of that name on the fixed list, or undefined. */
export function knownFilter(name: string): CompressionFilter | undefined {
  return COMPRESSION_FILTERS.find((filter) => filter.name === name);
}

/**
 * The filter of that name; one that is not on the list is taken for a program that understands
 * `-d -c`. Call it only with a name that `loadHeader` let pass or that the person typed.
 */
export function trustedFilter(name: string): CompressionFilter {
  return (
    knownFilter(name) ?? { name, builtIn: false, program: name, decompressArguments: DECOMPRESS }
  );
}
