/** How many tests ended how. */
export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export type TapLine = 'passed' | 'failed' | 'skipped' | 'other';

/** What a line of TAP (Test Anything Protocol) output says. A test still to be written is skipped. */
export function tapLine(line: string): TapLine {
  const result = /^(not )?ok \d+ /.exec(line);
  if (result === null) return 'other';
  if (/ # (SKIP|TODO)\b/.test(line)) return 'skipped';
  return result[1] === undefined ? 'passed' : 'failed';
}

/**
 * The line a CI reads.
 * @param exitCode of the test program: when it failed, something did, whatever was counted
 */
export function summaryLine(count: TestCount, exitCode: number): string {
  const failed = exitCode === 0 ? count.failed : Math.max(count.failed, 1);
  return `${count.passed} passed, ${failed} failed, ${count.skipped} skipped`;
}
