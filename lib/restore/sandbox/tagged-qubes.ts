import type { AdminClient } from '../../admin/client.ts';
import { someAtOnce } from '../../admin/some-at-once.ts';
import { QubesTagNotFoundError, QubesVMNotFoundError } from '../../base/admin-error.ts';

export interface TaggedQube {
  readonly name: string;
  readonly tags: ReadonlySet<string>;
}

/** All qubes with their tags, but those that go away meanwhile. */
export async function taggedQubes(client: AdminClient): Promise<readonly TaggedQube[]> {
  const found = await someAtOnce(await client.list(), async ({ name }) => {
    const tags = await unlessGone(client.qube(name).tags.list());
    return tags === undefined ? [] : [{ name, tags: new Set(tags) }];
  });
  return found.flat();
}

/** Takes a tag away, if the qube has it or is there at all. */
export async function untag(client: AdminClient, qube: string, tag: string): Promise<void> {
  try {
    await unlessGone(client.qube(qube).tags.remove(tag));
  } catch (error) {
    if (!(error instanceof QubesTagNotFoundError)) throw error;
  }
}

/** @returns undefined where there is no such qube */
export async function unlessGone<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof QubesVMNotFoundError) return undefined;
    throw error;
  }
}
