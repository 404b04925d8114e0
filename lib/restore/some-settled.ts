import { someAtOnce } from '../admin/some-at-once.ts';

/**
 * Works on each item, a few at the same time; when it comes back or throws, nothing is under way any
 * more, so that what was done can be undone.
 * @throws the first error; then no new work is begun
 */
export async function someSettled<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await someAtOnce(items, async (item) => {
    if (failures.length > 0) return;
    await work(item).catch((error: unknown) => failures.push(error));
  });
  if (failures.length > 0) throw failures[0] as Error;
}
