// Colours and signs of the terminal output; plain text where the stream is no terminal or NO_COLOR is set.
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

export interface Style {
  readonly color: boolean;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
  accent(text: string): string;
}

/** @param color whether escape sequences may be written */
export const createStyle = (color: boolean): Style => {
  const paint = (format: Format) => (text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  return {
    color,
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    dim: paint('gray'),
    strong: paint('bold'),
    accent: paint('cyan'),
  };
};
