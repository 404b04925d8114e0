/** The packages, each called `qubes-rpc-` and its name. */
export const PACKAGES = ['restore', 'vm', 'dom0', 'doc'] as const;

export type PackageName = (typeof PACKAGES)[number];

/** What is at a path: a file, a link (relative, so that it holds in any root), or a folder of ours. */
export type Content =
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'folder' };

/** A path that is installed. All of it belongs to root, and only root can change it. */
export interface Entry {
  readonly path: string;
  readonly content: Content;
  /** Which packages have it. What several have is the same in all of them. */
  readonly packages: readonly PackageName[];
  /** Kept in updates when a person has changed it; licences and documents are marked as such. */
  readonly role?: 'config' | 'licence' | 'document';
}

/** The permissions of what is installed. */
export function modeOf(content: Content): number {
  if (content.kind === 'link') return 0o777;
  const isPlain = content.kind === 'file' && !content.executable;
  return isPlain ? 0o644 : 0o755;
}
