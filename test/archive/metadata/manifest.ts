import { readFileSync } from 'node:fs';
import * as z from 'zod';

const fixtures = new URL('../../fixtures/', import.meta.url);

/** The bytes of a file below `test/fixtures`. */
export function fixture(path: string): Uint8Array {
  return readFileSync(new URL(path, fixtures));
}

const value = z.union([z.string(), z.boolean(), z.null()]);
const schema = z.object({
  globals: z.record(z.string(), z.string().nullable()),
  labels: z.record(z.string(), z.object({ name: z.string(), color: z.string() })).optional(),
  outer_members: z.array(z.tuple([z.string(), z.number()])),
  not_in_backup: z.array(z.string()),
  vms: z.record(
    z.string(),
    z.object({
      klass: z.string(),
      label: z.string(),
      template: z.string().nullable(),
      backup_path: z.string().nullable(),
      backup_size: z.number(),
      properties: z.record(z.string(), value),
      features: z.record(z.string(), value),
      tags: z.array(z.string()),
      devices: z.array(
        z.object({
          class: z.string(),
          backend: z.string(),
          port_id: z.string(),
          mode_in_xml: z.string().optional(),
          identity_in_xml: z.string().optional(),
          options: z.record(z.string(), value),
        }),
      ),
      volumes: z.record(z.string(), z.object({ size: z.number() })),
      firewall: z
        .object({ rules: z.array(z.string()), rules_server_api: z.array(z.string()).optional() })
        .optional(),
      notes: z.string().optional(),
      appmenus: z.array(z.string()).optional(),
    }),
  ),
});

/** What a fixture archive holds, as far as metadata goes. */
export type Manifest = z.infer<typeof schema>;

/** Reads the manifest of a fixture archive by its name, such as `v4-gzip`. */
export function manifestOf(archive: string): Manifest {
  return schema.parse(
    JSON.parse(Buffer.from(fixture(`backups/${archive}.manifest.json`)).toString()),
  );
}
