// What a signature is for: one that was made for something else is worth nothing. SSHSIG, PROTOCOL.sshsig §2.
export const namespaces = {
  /** A plan for the injector, and what a host keeps of a process, by which plans are made. */
  plan: 'live-plan@tearless',
  /** A program that root or tor runs. */
  build: 'live-build@tearless',
  /** A list of those who may sign. */
  signers: 'live-signers@tearless',
} as const;

export type Namespace = (typeof namespaces)[keyof typeof namespaces];

/** @param key path of a key of ssh-keygen's: private, or public where an agent holds the other half */
export type Sign = (namespace: Namespace, content: Uint8Array, key: string) => Promise<Uint8Array>;

/** As the helper's verbs take it: a length, the signature, what is signed. */
export const withSignature = (signature: Uint8Array, content: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${signature.length}\n`), signature, content]);
