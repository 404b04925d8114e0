/** Enough to hide the time a call takes, few enough for a daemon that counts its clients. */
const AT_ONCE = 8;

/** Calls `ask` for each item, a few at the same time. @returns the answers, in the order of the items */
export async function someAtOnce<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(ask))));
  }
  return answers;
}
