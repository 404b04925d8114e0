import { pathBytes } from './path-text.ts';

/**
 * Whether `name` can be one component of a path: not empty, not `.` or `..`, no slash, no NUL, at
 * most 255 bytes.
 */
export function isFileName(name: string): boolean {
  return !/^\.{0,2}$|[/\0]/.test(name) && pathBytes(name).length <= 255;
}
