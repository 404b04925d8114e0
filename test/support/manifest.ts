import * as z from 'zod';

const volume = z.object({ size: z.number(), sha256: z.string().optional() });

const qube = z.object({
  klass: z.string(),
  label: z.string(),
  template: z.string().nullable(),
  /** Null for a qube without files in a backup of format 3. */
  backup_path: z.string().nullable(),
  volumes: z.record(z.string(), volume),
  firewall: z.object({ sha256_of_firewall_xml: z.string().optional() }).optional(),
  notes: z.string().optional(),
  appmenus: z.array(z.string()).optional(),
});

const homeEntry = z.object({
  path: z.string(),
  type: z.enum(['file', 'dir', 'symlink']),
  size: z.number().optional(),
  sha256: z.string().optional(),
  target: z.string().optional(),
});

/**
 * What must come out of a backup: the companion file of every archive in `test/fixtures/backups`,
 * and what `makeBackup` returns for the archives it makes. Keys are spelled as in those files.
 */
export const manifestSchema = z.object({
  format_version: z.number(),
  passphrase: z.string(),
  header: z.record(z.string(), z.string()),
  chunk_size: z.number().optional(),
  vms: z.record(z.string(), qube),
  dom0_home: z.array(homeEntry),
  outer_members: z.array(z.tuple([z.string(), z.number()])),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestQube = z.infer<typeof qube>;
export type HomeEntry = z.infer<typeof homeEntry>;
