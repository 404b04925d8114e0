/**
 * Does `work`, then cleans up whatever came of it.
 * @throws what `work` threw; else what `cleanUp` did
 */
export async function thenCleanUp<Result>(
  work: () => Promise<Result>,
  cleanUp: () => Promise<void>,
): Promise<Result> {
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // What went wrong first is what the person has to know; the next start cleans up again.
    await cleanUp().catch(() => undefined);
    throw error;
  }
  await cleanUp();
  return result;
}
