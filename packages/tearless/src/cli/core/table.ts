// Aligned columns for people. No borders: they copy and grep well.
import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

const width = (text: string): number => stripVTControlCharacters(text).length;

/** @returns the lines: a header and one a row; columns two spaces apart, no trailing white space */
export const renderTable = <Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] => {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.cell(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => width(line[index] ?? ''))));
  return cells.map((line) =>
    line
      .map((text, index) => {
        const padding = ' '.repeat((widths[index] ?? 0) - width(text));
        return columns[index]?.align === 'right' ? padding + text : text + padding;
      })
      .join('  ')
      .trimEnd(),
  );
};
