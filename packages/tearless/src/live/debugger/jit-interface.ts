// What a program has to carry so that debuggers learn of code that comes while it runs (GDB manual, "JIT Compilation Interface"), and the
// records of it. Pure.

export const registerFunction = '__jit_debug_register_code';
export const descriptorVariable = '__jit_debug_descriptor';

/** C, to stand in one source file of the program. Debuggers stop where the function is, and read the variable then. */
export const jitInterface = `
/* Where debuggers are told of code that comes while the program runs. */
struct jit_code_entry;
struct jit_descriptor {
  unsigned version, action;
  struct jit_code_entry *relevant, *first;
};
extern struct jit_descriptor ${descriptorVariable};
struct jit_descriptor ${descriptorVariable} __attribute__((used)) = { 1, 0, 0, 0 };
void ${registerFunction}(void);
__attribute__((noinline, used)) void ${registerFunction}(void) { __asm__ volatile("" : : : "memory"); }
`;

const version = 1;
const actionRegister = 1;
export const descriptorBytes = 24;
export const entryBytes = 32;

/** The first record in the list of a descriptor. */
export const firstEntry = (descriptor: Uint8Array): bigint =>
  new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.byteLength).getBigUint64(16, true);

/** A descriptor that tells of a record, which is the first from then on. */
export const encodeDescriptor = (entry: bigint): Uint8Array => {
  const bytes = Buffer.alloc(descriptorBytes);
  bytes.writeUInt32LE(version, 0);
  bytes.writeUInt32LE(actionRegister, 4);
  bytes.writeBigUInt64LE(entry, 8);
  bytes.writeBigUInt64LE(entry, 16);
  return bytes;
};

/** @param next the record that was the first before. Nothing leads back: debuggers do not ask, and it may be gone. */
export const encodeEntry = (next: bigint, symbolFile: bigint, symbolFileBytes: number): Uint8Array => {
  const bytes = Buffer.alloc(entryBytes);
  bytes.writeBigUInt64LE(next, 0);
  bytes.writeBigUInt64LE(symbolFile, 16);
  bytes.writeBigUInt64LE(BigInt(symbolFileBytes), 24);
  return bytes;
};
