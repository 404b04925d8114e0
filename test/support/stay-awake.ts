/** Keeps the process of a test that waits for something which would let it end. */
export function stayAwake(t: { teardown(work: () => void): void }): void {
  const timer = setInterval(() => undefined, 60_000);
  t.teardown(() => clearInterval(timer));
}
