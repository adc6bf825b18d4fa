// Messages between the balancer under measurement and the tor that is played to it: length, kind, the time that both take it
// to be, and the content.

/** `control`: bytes of the control port. `ask`: a question of the simulation itself, in JSON, and its answer. */
export type FrameKind = 'control' | 'ask';

export interface Frame {
  readonly kind: FrameKind;
  readonly nowMs: number;
  readonly content: Buffer;
}

const headBytes = 13;

export const encodeFrame = ({ kind, nowMs, content }: Frame): Buffer => {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(content.length, 0);
  head.writeUInt8(kind === 'ask' ? 1 : 0, 4);
  head.writeDoubleBE(nowMs, 5);
  return Buffer.concat([head, content]);
};

/** Calls `take` for each frame that has come whole. */
export const readFrames = (stream: NodeJS.ReadableStream, take: (frame: Frame) => void): void => {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted = headBytes;
  stream.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    held += chunk.length;
    if (held < wanted) return;
    let bytes = Buffer.concat(parts);
    for (;;) {
      wanted = bytes.length < headBytes ? headBytes : headBytes + bytes.readUInt32BE(0);
      if (bytes.length < wanted) break;
      const content = bytes.subarray(headBytes, wanted);
      take({ kind: bytes.readUInt8(4) === 1 ? 'ask' : 'control', nowMs: bytes.readDoubleBE(5), content });
      bytes = bytes.subarray(wanted);
    }
    parts = [bytes];
    held = bytes.length;
  });
};
