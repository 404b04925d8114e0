import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as z from 'zod';

/** What `build.mjs` notes of what is inside the bundles. */
const Bundled = z.array(
  z.strictObject({
    /** Where the lock file has it. */
    folder: z.string(),
    name: z.string(),
    version: z.string(),
    licence: z.string(),
    /** Of the licence, with the names of who holds the rights; empty where the library brings none. */
    text: z.string(),
    /** The bundles it is in. */
    bundles: z.array(z.string()),
  }),
);

/** A library that is inside some of the bundles. */
export type BundledLibrary = z.output<typeof Bundled>[number];

/** The libraries in what `build.mjs` has made. */
export async function bundledLibraries(built: string): Promise<readonly BundledLibrary[]> {
  return Bundled.parse(JSON.parse(await readFile(join(built, 'bundled.json'), 'utf8')));
}
