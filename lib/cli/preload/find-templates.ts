import type { AdminClient } from '../../admin/client.ts';
import { someAtOnce } from '../../admin/some-at-once.ts';
import { QubesVMNotFoundError } from '../../base/admin-error.ts';
import { MAX } from '../../model/preload/preload-features.ts';

/** A template, and how many disposables of it are to be started ahead. */
export interface TemplateToFill {
  readonly name: string;
  readonly max: number;
  /** Whether dom0 says how many. */
  readonly isGlobal: boolean;
}

/** The templates of which disposables are to be started ahead. */
export async function findTemplates(client: AdminClient): Promise<readonly TemplateToFill[]> {
  const globalMax = await client.qube('dom0').features.find(MAX);
  const { value: byDefault } = await client.system.get('default_dispvm');
  const candidates = (await client.list()).filter((qube) => qube.class === 'AppVM');
  const found = await someAtOnce(candidates, async ({ name }) => {
    try {
      if (!(await isTemplate(client, name))) return undefined;
      const isGlobal = name === byDefault && globalMax !== undefined;
      const max = isGlobal ? globalMax : await client.qube(name).features.find(MAX);
      return { name, max: toNumber(max), isGlobal };
    } catch (error) {
      // It went away meanwhile.
      if (error instanceof QubesVMNotFoundError) return undefined;
      throw error;
    }
  });
  return found.filter((one) => one !== undefined && one.max > 0) as readonly TemplateToFill[];
}

async function isTemplate(client: AdminClient, name: string): Promise<boolean> {
  const { value } = await client.qube(name).properties.get('template_for_dispvms');
  return value === 'True';
}

function toNumber(untrusted = ''): number {
  return /^[0-9]{1,9}$/.test(untrusted) ? Number(untrusted) : 0;
}
