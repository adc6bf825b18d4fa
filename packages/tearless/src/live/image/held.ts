// Functions whose address is handed on: others call them by what they hold, without a look at what they have become. Pure.
import { x86_64Relocations } from '@tearless/elf/relocation.ts';
import { sectionFlags } from '@tearless/elf/section.ts';
import { isCode } from './piece.ts';
import type { ProgramImage } from './program-image.ts';
import { isFromGot } from './target.ts';

/** Whether the field at a place is what an instruction jumps to or calls, by itself or by a slot that it names. */
export const isCall = (content: Uint8Array, at: number): boolean => {
  const [before, last] = [content[at - 2] ?? 0, content[at - 1] ?? 0];
  return last === 0xe8 || last === 0xe9 || (before === 0x0f && last >= 0x80 && last <= 0x8f);
};

/** The same by the slot that holds a name's address. */
export const isCallBySlot = (content: Uint8Array, at: number): boolean =>
  content[at - 2] === 0xff && (content[at - 1] === 0x15 || content[at - 1] === 0x25);

/** By key. */
export const listHeld = (image: ProgramImage): Set<string> => {
  const held = new Set<string>();
  for (const section of image.file.sections) {
    if ((section.flags & sectionFlags.alloc) === 0 || section.name === '.eh_frame') continue;
    const content = isCode(section) ? image.file.content(section) : undefined;
    for (const relocation of image.relocationsOf(section.index)) {
      const { type, offset } = relocation;
      const isCalled =
        content !== undefined &&
        (type === x86_64Relocations.plt32 ||
          (isFromGot(type) ? isCallBySlot(content, offset) : isCall(content, offset)));
      if (isCalled) continue;
      const target = image.targetOf(relocation);
      if (target.kind === 'piece' && target.within === 0 && isCode(target.piece.section)) held.add(target.piece.key);
    }
  }
  return held;
};
