/** The name a file or folder has until it is complete: `.NAME.partial`. A later run removes it. */
export function partialName(name: string): string {
  return `.${name}.partial`;
}
