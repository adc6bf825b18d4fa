// What an import reads from: handed in, so that the import itself opens no file.

export interface FolderFile {
  /** Relative to the folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
}

export interface ImportFolder {
  /** For people: the path. */
  readonly path: string;
  list(): Promise<readonly FolderFile[]>;
  open(name: string): AsyncIterable<Uint8Array>;
}
