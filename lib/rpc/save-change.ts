import type { AdminCall } from './admin-call.ts';

/**
 * Makes the change a call asks for and waits until it is on disk.
 * @param change in one step, which does not wait
 * @returns the reply of such calls: nothing
 * @throws AdminError when a rule refuses it or it cannot be saved; nothing has changed then
 */
export async function saveChange({ app }: AdminCall, change: () => void): Promise<undefined> {
  app.apply(change);
  await app.save();
  return undefined;
}
